-- The next lines of a settlement file, in order. $1 text bank, $2 text merchant, $3 bigint number, $4 bigint after this
-- line, $5 int4 at most so many. Locks nothing.
select * from settlement_line
where bank = $1::text and merchant = $2::text and number = $3::bigint and line > $4::bigint
order by line limit $5::int4
