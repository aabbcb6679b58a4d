-- Stops something of a bank; what is stopped already stays as it is, and answers nothing.
-- $1 text bank, $2 text kind, $3 text name, $4 text who stops it, $5 text reason. Locks: the new row.
insert into stop (bank, kind, name, stopped_by, reason)
values ($1::text, $2::text, $3::text, $4::text, $5::text)
on conflict (bank, kind, name) where resumed_at is null do nothing
returning stopped_at
