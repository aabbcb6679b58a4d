-- Forgets guesses that count no more. No parameters. Locks: their rows.
delete from guess where began_at < clock_timestamp() - interval '10 minutes'
