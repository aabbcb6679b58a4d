-- Which of these lanes are paused. $1 text[] topics, $2 int4[] partitions, $3 int2[] generations. Locks nothing.
select lane_pause.topic, lane_pause.partition, lane_pause.generation
from lane_pause
join unnest($1::text[], $2::int4[], $3::int2[]) as asked (topic, partition, generation)
  using (topic, partition, generation)
