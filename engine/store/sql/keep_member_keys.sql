-- The wrapped keys of members' profiles: those that are there, and for who has none a new one.
-- $1 text[] banks, $2 text[] member ids, $3 uuid[] ids of new keys, $4 bytea[] new keys as they are wrapped,
-- $5 text the name of the key that wraps them. Locks: the new rows.
with asked as (
    select bank, member_id, key_id, wrapped
    from unnest($1::text[], $2::text[], $3::uuid[], $4::bytea[]) as told (bank, member_id, key_id, wrapped)
), added as (
    insert into member_key (bank, member_id, key_id, wrapped, wrapped_by)
    select bank, member_id, key_id, wrapped, $5::text from asked
    on conflict (bank, member_id) do nothing
    returning bank, member_id, key_id, wrapped, wrapped_by
)
select bank, member_id, key_id, wrapped, wrapped_by from added
union all
select k.bank, k.member_id, k.key_id, k.wrapped, k.wrapped_by
from member_key k
join asked using (bank, member_id)
