-- The postings of events, and those that take them back, each under the event with which it began.
-- $1 text[] banks, $2 text[] member ids, $3 uuid[] event keys. Locks nothing: the members are locked.
-- A member's postings are read through their primary key, and few are asked for: an index by event would burden each award.
with recursive asked as (
    select * from unnest($1::text[], $2::text[], $3::uuid[]) as asked (bank, member_id, origin)
), found as (
    select asked.origin, p.*
    from asked join posting p using (bank, member_id)
    where p.event_key = asked.origin and p.reverses is null
    union all
    select found.origin, p.*
    from found join posting p on p.bank = found.bank and p.member_id = found.member_id
                             and p.reverses = found.posting_id
)
select * from found order by bank, member_id, member_version, rule_id, point_type, part
