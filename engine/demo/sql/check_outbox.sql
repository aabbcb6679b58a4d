-- Outbox rows not yet published; none once all is said. No parameters. Locks nothing.
select seq from outbox where published_at is null
