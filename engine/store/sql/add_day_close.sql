-- Closes a bank's business day, once. $1 text bank, $2 date business date, $3 date through, $4 text reason or null.
-- Locks: the new row.
insert into day_close (bank, business_date, through, reason) values ($1::text, $2::date, $3::date, $4::text)
