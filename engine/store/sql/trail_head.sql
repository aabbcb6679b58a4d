-- The newest entry of the audit trail: its number, link and time; no row while nothing was told. No parameters. Locks nothing.
select trail_number as seq, chain, recorded_at as at from audit_trail order by trail_number desc limit 1
