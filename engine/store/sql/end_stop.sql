-- Resumes what is stopped; answers how it was stopped, nothing where it is not. $1 text bank, $2 text kind, $3 text name,
-- $4 text who resumes it. Locks: the row.
update stop set resumed_at = clock_timestamp(), resumed_by = $4::text
where bank = $1::text and kind = $2::text and name = $3::text and resumed_at is null
returning stopped_at, stopped_by, reason
