-- One dead letter. $1 text topic, $2 int4 partition, $3 int2 generation, $4 int8 offset. Locks nothing.
select topic, partition, generation, "offset", timestamp_ms, reason, detail, key, value, headers, digest, bank,
       recorded_at, retried_at
from dead_letter
where topic = $1::text and partition = $2::int4 and generation = $3::int2 and "offset" = $4::int8
