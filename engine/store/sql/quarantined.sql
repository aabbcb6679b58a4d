-- The records set aside in lanes, from a position on. $1 text[] topics, $2 int4[] partitions, $3 int2[] generations,
-- $4 int8[] positions. Locks nothing.
select quarantine.topic, quarantine.partition, quarantine.generation, quarantine."offset"
from quarantine
join unnest($1::text[], $2::int4[], $3::int2[], $4::int8[]) as asked (topic, partition, generation, position)
  using (topic, partition, generation)
where quarantine."offset" >= asked.position
