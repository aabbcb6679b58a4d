-- Who was erased and is still to be looked for in dead letters. $1 text[] banks, $2 text[] member ids.
-- Locks: the new rows.
insert into erasure (bank, member_id) select * from unnest($1::text[], $2::text[])
