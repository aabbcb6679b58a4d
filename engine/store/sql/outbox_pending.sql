-- The oldest outbox rows not yet published that no running transaction could still precede. $1 int4 at most so many.
-- Locks nothing: one relay a shard holds its lease.
select seq, extract(epoch from clock_timestamp() - recorded_at)::float8 as age_s, messages
from outbox
where published_at is null and xid < pg_snapshot_xmin(pg_current_snapshot())
order by seq
limit $1::int4
