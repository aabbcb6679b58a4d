-- Sets a record aside: when it is read it goes to the dead letters. $1 text topic, $2 int4 partition, $3 int2 generation,
-- $4 int8 offset.
-- Locks: the new row.
insert into quarantine (topic, partition, generation, "offset")
values ($1::text, $2::int4, $3::int2, $4::int8)
on conflict on constraint quarantine_pk do nothing
