-- A merchant's settlement file of a business day. $1 text bank, $2 text merchant, $3 date business day. Locks nothing.
select * from settlement_file where bank = $1::text and merchant = $2::text and business_date = $3::date
