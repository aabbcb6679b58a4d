-- The registry's revision of this moment, with the records set aside in lanes from a position on: a row for each of
-- these, and one without a topic where there are none. Asked once the lanes are locked: a statement that waits for a lock
-- sees what was committed before it began, and not what somebody stopped while it waited.
-- $1 text[] topics, $2 int4[] partitions, $3 int2[] generations, $4 int8[] positions. Locks nothing.
select registry.revision, aside.topic, aside.partition, aside.generation, aside."offset"
from registry left join (
    select quarantine.topic, quarantine.partition, quarantine.generation, quarantine."offset"
    from quarantine
    join unnest($1::text[], $2::int4[], $3::int2[], $4::int8[]) as asked (topic, partition, generation, position)
      using (topic, partition, generation)
    where quarantine."offset" >= asked.position
) as aside on true
