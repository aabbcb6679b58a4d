-- Sets records aside: when they are read they go to the dead letters. $1 text topic, $2 int4 partition,
-- $3 int2 generation, $4 int8 first offset, $5 int8 last offset.
-- Locks: the new rows.
insert into quarantine (topic, partition, generation, "offset")
select $1::text, $2::int4, $3::int2, generate_series($4::int8, $5::int8)
on conflict on constraint quarantine_pk do nothing
