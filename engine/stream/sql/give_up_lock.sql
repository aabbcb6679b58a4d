-- Gives up an advisory lock of this session; true if the session had it.
-- $1 integer: what the lock is for
-- $2 integer: which of them
SELECT pg_advisory_unlock($1::integer, $2::integer)
