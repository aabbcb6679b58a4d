-- Queues messages for endpoints again, whatever became of them; what still waits stays as it is. $1 text[] endpoints,
-- $2 int8[] outbox numbers, $3 int4[] places in their rows, $4 bytea[] strands, $5 text[] message ids, $6 bytea[] bodies.
-- Locks: those deliveries.
insert into webhook_delivery (endpoint_id, seq, n, strand, message_id, body)
select * from unnest($1::text[], $2::int8[], $3::int4[], $4::bytea[], $5::text[], $6::bytea[])
on conflict on constraint webhook_delivery_pk
do update set state = 'waiting', tries = 0, ended_at = null, answer = null where webhook_delivery.state <> 'waiting'
