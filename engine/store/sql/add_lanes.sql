-- Begins lanes at position 0; those that are there already stay as they are.
-- $1 text topic, $2 int4[] partitions, $3 int2 generation.
-- Locks: the new rows.
insert into lane (topic, partition, generation)
select $1::text, p, $3::int2 from unnest($2::int4[]) as p
on conflict on constraint lane_pk do nothing
