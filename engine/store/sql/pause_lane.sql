-- Pauses a lane until an operator resumes it; paused already is no error.
-- $1 text topic, $2 int4 partition, $3 int2 generation, $4 int8 position, $5 text reason.
-- Locks: the pause's row.
insert into lane_pause (topic, partition, generation, position, reason)
values ($1::text, $2::int4, $3::int2, $4::int8, $5::text)
on conflict on constraint lane_pause_pk do nothing
