-- Proposals that were approved some time ago and not carried out yet, the oldest first; not of keys, which their makers take.
-- $1 interval how long ago at least, $2 int4 at most so many. Locks nothing.
select * from proposal where state = 'approved' and kind <> 'key' and decided_at < clock_timestamp() - $1::interval
order by decided_at limit $2::int4
