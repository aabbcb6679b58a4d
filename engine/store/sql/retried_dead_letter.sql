-- Marks a dead letter as sent again. $1 text topic, $2 int4 partition, $3 int2 generation, $4 int8 offset. Locks: its row.
update dead_letter set retried_at = clock_timestamp()
where topic = $1::text and partition = $2::int4 and generation = $3::int2 and "offset" = $4::int8
