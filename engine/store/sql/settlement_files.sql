-- Settlement files, of each merchant the newest first. $1 text bank, $2 text merchant or null for all, $3 int4 at most
-- so many. Locks nothing.
select * from settlement_file
where bank = $1::text and ($2::text is null or merchant = $2::text)
order by merchant, number desc limit $3::int4
