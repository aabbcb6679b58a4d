-- Takes one of this session's advisory locks if nobody has it; it is held until the session ends or gives it up.
-- $1 integer: what the lock is for
-- $2 integer: which of them
-- Locks nothing else and never waits.
SELECT pg_try_advisory_lock($1::integer, $2::integer)
