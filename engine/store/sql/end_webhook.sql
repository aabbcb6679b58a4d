-- A delivery ends. $1 text endpoint, $2 int8 outbox number, $3 int4 place, $4 int4 tries before, $5 text state,
-- $6 text answer. Answers its strand. Locks: that delivery.
update webhook_delivery
set state = $5::text, tries = tries + 1, due_at = null, answer = $6::text, ended_at = clock_timestamp()
where endpoint_id = $1::text and seq = $2::int8 and n = $3::int4 and tries = $4::int4 and state = 'waiting'
returning strand
