-- The oldest outbox rows whose webhooks are not queued yet, none of which a running transaction could still precede.
-- A row that is seen and whose transaction is still to begin came with a dump from another server: it is long committed.
-- $1 int4 at most so many. Locks nothing: one dispatcher a shard holds its lease.
select seq, recorded_at, messages
from (
    select seq, recorded_at, messages,
           bool_and(xid < pg_snapshot_xmin(pg_current_snapshot())
                    or xid >= pg_snapshot_xmax(pg_current_snapshot())) over (order by seq) as settled
    from (select seq, xid, recorded_at, messages from outbox
          where for_merchants and spread_at is null order by seq limit $1::int4) as oldest
) as looked
where settled
order by seq
