-- Claims references for members; what is claimed already stays as it is. $1 bytea[] references in order, $2 text[] banks,
-- $3 text[] merchants, $4 text[] member ids. Locks: the new rows, in the order of the references.
insert into merchant_reference (reference, bank, merchant, member_id)
select * from unnest($1::bytea[], $2::text[], $3::text[], $4::text[])
on conflict (reference) do nothing
