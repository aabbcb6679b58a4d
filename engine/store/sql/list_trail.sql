-- The audit trail of a bank, or of all with what is of none, the newest first. $1 text bank or null, $2 text person or null,
-- $3 text subject or null, $4 int4 at most so many. Locks nothing.
select * from audit_trail
where ($1::text is null or bank = $1::text) and ($2::text is null or person = $2::text)
  and ($3::text is null or subject = $3::text)
order by trail_number desc
limit $4::int4
