-- A delivery is tried again later. $1 text endpoint, $2 int8 outbox number, $3 int4 place, $4 int4 tries before,
-- $5 int8 milliseconds from now, $6 text answer. Locks: that delivery.
update webhook_delivery
set tries = tries + 1, due_at = clock_timestamp() + make_interval(secs => $5::int8 / 1000.0), answer = $6::text
where endpoint_id = $1::text and seq = $2::int8 and n = $3::int4 and tries = $4::int4 and state = 'waiting'
