-- A merchant's settlement files before one, the newest first. $1 text bank, $2 text merchant, $3 bigint before this
-- number, $4 int4 at most so many. Locks nothing.
select * from settlement_file
where bank = $1::text and merchant = $2::text and number < $3::bigint
order by number desc limit $4::int4
