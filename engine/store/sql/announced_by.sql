-- Which sources have announced a bank's business day. $1 text bank, $2 date business date. Locks nothing.
select source from business_day where bank = $1::text and business_date = $2::date
