-- Registers a program version; the same again is no error, another text from the same day breaks program_version_pk.
-- $1 text bank, $2 date from, $3 text program, $4 bytea hash, $5 int2 semantics, $6 text text.
-- Locks: the new row.
insert into program_version (bank, from_day, program, program_hash, semantics, text)
values ($1::text, $2::date, $3::text, $4::bytea, $5::int2, $6::text)
on conflict on constraint program_version_hash_once do nothing
returning from_day
