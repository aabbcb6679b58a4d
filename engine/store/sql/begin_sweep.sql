-- How far holds were swept, and the instant now; no row while another sweeps. No parameters.
-- Locks: the sweep, by an advisory lock of the session, which keeps no transaction open while members are asked for.
select swept_through, clock_timestamp() as now from sweep where pg_try_advisory_lock(hashtextextended('sweep', 0))
