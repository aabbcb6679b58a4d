-- What lanes still may give of budgets. $1 text[] topics, $2 int4[] partitions, $3 int2[] generations.
-- Locks: the leases' rows; their lanes are claimed.
select l.bank, l.budget_id, l.topic, l.partition, l.generation, l.room
from budget_lease l
join unnest($1::text[], $2::int4[], $3::int2[]) as asked (topic, partition, generation)
  using (topic, partition, generation)
order by l.bank, l.budget_id, l.topic, l.partition
for update of l
