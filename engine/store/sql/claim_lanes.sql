-- Locks the lanes of a batch and tells where each stands, and the time of this moment.
-- $1 text[] topics, $2 int4[] partitions, $3 int2[] generations, all of one length.
-- Locks: the lanes' rows, in the order of their keys, until the end of the transaction.
select lane.topic, lane.partition, lane.generation, lane.next, lane.chain, lane.unusable_in_a_row, lane.closed,
       clock_timestamp() as claimed_at
from lane
join unnest($1::text[], $2::int4[], $3::int2[]) as asked (topic, partition, generation)
  using (topic, partition, generation)
order by lane.topic, lane.partition, lane.generation
for update of lane
