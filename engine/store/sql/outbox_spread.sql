-- Marks outbox rows whose webhooks are queued. $1 int8[] numbers. Locks: those rows.
update outbox set spread_at = clock_timestamp() where seq = any ($1::int8[]) and spread_at is null
