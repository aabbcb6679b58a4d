-- Forgets deliveries that ended so many days ago. $1 int4 days. Locks: those deliveries.
delete from webhook_delivery where ended_at < clock_timestamp() - make_interval(days => $1::int4)
