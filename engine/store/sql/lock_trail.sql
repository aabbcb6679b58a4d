-- Waits for whoever is writing to the audit trail: its entries are chained one by one. No parameters.
-- Locks: the trail, until the transaction ends; it is therefore written last.
select pg_advisory_xact_lock(7041776002)
