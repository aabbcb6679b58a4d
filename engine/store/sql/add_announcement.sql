-- Remembers that a source has ended its business day; no row where it has said so before.
-- $1 text bank, $2 date business date, $3 text source, $4 date through, $5 uuid event key, $6 text reason or null.
-- Locks: the new row.
insert into business_day (bank, business_date, source, through, event_key, reason)
values ($1::text, $2::date, $3::text, $4::date, $5::uuid, $6::text)
on conflict on constraint business_day_pk do nothing
returning source
