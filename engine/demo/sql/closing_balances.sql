-- Every account's closing balance by day. $1 text bank. Locks nothing.
select account, business_date, balance_minor from balance_day where bank = $1::text
