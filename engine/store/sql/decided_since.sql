-- The last day that a bank has closed, and the last one of which events were decided, if that is a given day or later.
-- $1 text bank, $2 date the day. Nothing is recorded before it happened, but for clocks that differ: older partitions
-- are not read. Locks nothing.
select (select max(through) from day_close where bank = $1::text) as closed_through,
       (select max(event_day) from posting
        where bank = $1::text and event_day >= $2::date and recorded_at >= $2::date - interval '2 days') as decided_on
