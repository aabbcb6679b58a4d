-- Whether a marker's close was ordered by the engine. $1 text bank, $2 date business date, $3 date through. Locks nothing.
select exists (select from day_close where bank = $1::text and business_date = $2::date and through = $3::date) as ordered
