-- A merchant's settlement file. $1 text bank, $2 text merchant, $3 bigint number. Locks nothing.
select * from settlement_file where bank = $1::text and merchant = $2::text and number = $3::bigint
