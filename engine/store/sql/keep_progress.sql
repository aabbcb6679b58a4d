-- How far a lane's close has come, for people: with each chunk more members.
-- $1 text bank, $2 text topic, $3 int4 partition, $4 int2 generation, $5 date business date, $6 date through,
-- $7 int8 members of this chunk, $8 boolean whether it was the last. Locks: the progress's row; the lane is claimed.
insert into close_progress as before (bank, topic, partition, generation, business_date, through, members, finished)
values ($1::text, $2::text, $3::int4, $4::int2, $5::date, $6::date, $7::int8, $8::boolean)
on conflict on constraint close_progress_pk do update
set members = excluded.members + case before.business_date when excluded.business_date then before.members else 0 end,
    begun_at = case before.business_date when excluded.business_date then before.begun_at else now() end,
    moved_at = now(), business_date = excluded.business_date, through = excluded.through, finished = excluded.finished
