-- Moves lanes on, from the position that was claimed to the slice's next; the count tells whether each still stood there.
-- $1 text[] topics, $2 int4[] partitions, $3 int2[] generations, $4 int8[] asked, $5 int8[] next, $6 bytea[] chain heads,
-- $7 int4[] unusable in a row, $8 text[] days closed, null where
-- they stay. Locks: nothing that claim_lanes has not locked.
update lane
set next = moved.next, chain = moved.chain, unusable_in_a_row = moved.unusable_in_a_row,
    closed = coalesce(moved.closed, lane.closed)
from unnest($1::text[], $2::int4[], $3::int2[], $4::int8[], $5::int8[], $6::bytea[], $7::int4[], $8::text[])
     as moved (topic, partition, generation, asked, next, chain, unusable_in_a_row, closed)
where lane.topic = moved.topic and lane.partition = moved.partition and lane.generation = moved.generation
  and lane.next = moved.asked
