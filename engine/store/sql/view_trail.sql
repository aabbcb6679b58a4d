-- The audit trail of a bank, the newest first. $1 text bank, $2 text person or null, $3 text action or null, $4 text subject
-- or null, $5 int8 the number of the last one seen or null, $6 int4 at most so many. Locks nothing.
select * from audit_trail
where bank = $1::text and ($2::text is null or person = $2::text) and ($3::text is null or action = $3::text)
  and ($4::text is null or subject = $4::text) and ($5::int8 is null or trail_number < $5::int8)
order by trail_number desc
limit $6::int4
