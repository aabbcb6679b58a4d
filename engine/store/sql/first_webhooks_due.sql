-- Of each strand the first that waits becomes due now, unless it has a time already; any behind it loses its own.
-- $1 text[] endpoints, $2 bytea[] strands, in pairs. Locks: those deliveries.
with first as (
    select s.endpoint_id, s.strand, w.seq, w.n
    from unnest($1::text[], $2::bytea[]) as s (endpoint_id, strand)
    cross join lateral (
        select seq, n from webhook_delivery d
        where d.endpoint_id = s.endpoint_id and d.strand = s.strand and d.state = 'waiting'
        order by seq, n
        limit 1) as w)
update webhook_delivery d
set due_at = case when (d.seq, d.n) = (f.seq, f.n) then clock_timestamp() end
from first f
where d.endpoint_id = f.endpoint_id and d.strand = f.strand and d.state = 'waiting'
  and ((d.seq, d.n) = (f.seq, f.n)) = (d.due_at is null)
