-- A bank's dead letter that nobody else sends again meanwhile. $1 text bank, $2 text topic, $3 int4 partition,
-- $4 int2 generation, $5 int8 offset. Locks: its row.
select topic, partition, generation, "offset", reason, detail, key, value, headers, digest, bank, recorded_at, retried_at
from dead_letter
where bank = $1::text and topic = $2::text and partition = $3::int4 and generation = $4::int2 and "offset" = $5::int8
for update
