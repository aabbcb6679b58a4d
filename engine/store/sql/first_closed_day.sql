-- The first business day that a bank closed; null before it. $1 text bank. Locks nothing.
select min(business_date) from day_close where bank = $1::text
