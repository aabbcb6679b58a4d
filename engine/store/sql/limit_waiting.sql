-- Bounds how long this transaction waits for each lock. $1 text a time, such as 500ms. Locks nothing.
select set_config('lock_timeout', $1::text, true)
