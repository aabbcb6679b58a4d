-- Outbox rows with messages to merchants, for a replay, oldest first. $1 int8 those behind this number,
-- $2 timestamptz recorded since, $3 int4 at most so many. Locks nothing.
select seq, recorded_at, messages from outbox
where seq > $1::int8 and for_merchants and recorded_at >= $2::timestamptz and spread_at is not null
order by seq
limit $3::int4
