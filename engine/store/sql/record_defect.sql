-- Counts a defect at a position. $1 text topic, $2 int4 partition, $3 int2 generation, $4 int8 position, $5 text text.
-- Locks: the defect's row.
insert into lane_defect (topic, partition, generation, position, text)
values ($1::text, $2::int4, $3::int2, $4::int8, $5::text)
on conflict on constraint lane_defect_pk do update
set times = lane_defect.times + 1, text = excluded.text, last_at = now()
returning times
