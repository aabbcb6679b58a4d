-- What is stopped, the newest first, of a bank or of all; with what was resumed as well.
-- $1 text bank or null, $2 boolean with what was resumed. Locks nothing.
select bank, kind, name, reason, stopped_by, stopped_at, resumed_by, resumed_at from stop
where ($1::text is null or bank = $1::text) and ($2::boolean or resumed_at is null)
order by stopped_at desc, bank, kind, name
