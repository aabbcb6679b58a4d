-- Resumes a paused lane and forgets its defects. $1 text topic, $2 int4 partition, $3 int2 generation.
-- Locks: the pause's and the defects' rows.
with forgotten as (
    delete from lane_defect where topic = $1::text and partition = $2::int4 and generation = $3::int2
)
delete from lane_pause where topic = $1::text and partition = $2::int4 and generation = $3::int2
returning position
