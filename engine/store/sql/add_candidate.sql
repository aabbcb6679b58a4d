-- Keeps a candidate; no row where the same text was kept before. $1 text bank, $2 bytea hash, $3 date its first day,
-- $4 text program, $5 text text, $6 text findings as JSON, $7 text who uploaded it. Locks: the new row.
insert into program_candidate (bank, program_hash, from_day, program, text, findings, uploaded_by)
values ($1::text, $2::bytea, $3::date, $4::text, $5::text, $6::text, $7::text)
on conflict on constraint program_candidate_pk do nothing
returning program_hash
