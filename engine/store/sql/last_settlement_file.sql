-- A merchant's newest settlement file. $1 text bank, $2 text merchant. Locks nothing: the merchant's settlement is locked.
select number, business_date, through_seq from settlement_file
where bank = $1::text and merchant = $2::text
order by number desc limit 1
