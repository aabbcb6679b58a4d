-- How far holds were swept, and the instant now; no row while another sweeps. No parameters.
-- Locks: the sweep's one row, until the end of the transaction.
select swept_through, clock_timestamp() as now from sweep for update skip locked
