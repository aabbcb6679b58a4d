-- What lanes have left of budgets. $1 text[] banks, $2 text[] budget ids, $3 text[] topics, $4 int4[] partitions,
-- $5 int2[] generations, $6 int8[] room.
-- Locks: the leases' rows; their lanes are claimed.
insert into budget_lease (bank, budget_id, topic, partition, generation, room)
select * from unnest($1::text[], $2::text[], $3::text[], $4::int4[], $5::int2[], $6::int8[])
on conflict on constraint budget_lease_pk do update set room = excluded.room
