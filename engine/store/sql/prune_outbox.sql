-- Removes the oldest rows of the outbox that are published, and spread to webhooks if they are for merchants, up to the
-- first that is not, or is not old enough. $1 int4 days, $2 int4 at most so many. Locks: the rows removed.
delete from outbox
where (seq, recorded_at) in (
    select seq, recorded_at
    from (select seq, recorded_at,
                 bool_and(published_at is not null and (spread_at is not null or not for_merchants)
                          and recorded_at < clock_timestamp() - make_interval(days => $1::int4))
                     over (order by seq) as done
          from (select seq, recorded_at, published_at, spread_at, for_merchants from outbox order by seq limit $2::int4)
               as oldest) as looked
    where done)
