-- The last calendar day that a bank has closed; null before the first. $1 text bank. Locks nothing: the calendar's lane is.
select max(through) from day_close where bank = $1::text
