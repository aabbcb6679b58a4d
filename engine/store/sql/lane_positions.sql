-- Where lanes stand. $1 text[] topics, $2 int4[] partitions, $3 int2[] generations. Locks nothing.
select lane.topic, lane.partition, lane.generation, lane.next
from lane
join unnest($1::text[], $2::int4[], $3::int2[]) as asked (topic, partition, generation)
  using (topic, partition, generation)
