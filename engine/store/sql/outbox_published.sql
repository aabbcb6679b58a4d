-- Marks outbox rows as published. $1 int8[] numbers. Locks: those rows.
update outbox set published_at = clock_timestamp() where seq = any ($1::int8[]) and published_at is null
