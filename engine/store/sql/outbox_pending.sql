-- The oldest outbox rows not yet published that no running transaction could still precede: where one could, all after
-- it wait, so that a member's messages keep their order across lanes. $1 int4 at most so many.
-- A row that is seen and whose transaction is still to begin came with a dump from another server: it is long committed.
-- Locks nothing: one relay a shard holds its lease.
select seq, age_s, messages
from (
    select seq, extract(epoch from clock_timestamp() - recorded_at)::float8 as age_s, messages,
           bool_and(xid < pg_snapshot_xmin(pg_current_snapshot())
                    or xid >= pg_snapshot_xmax(pg_current_snapshot())) over (order by seq) as settled
    from (select seq, xid, recorded_at, messages from outbox
          where published_at is null order by seq limit $1::int4) as oldest
) as looked
where settled
order by seq
