-- Whether a marker's close was ordered by the engine, and whether its lane has begun it.
-- $1 text bank, $2 date business date, $3 date through, $4 text topic, $5 int4 partition, $6 int2 generation.
-- Locks nothing: the lane is claimed.
select exists (select from day_close where bank = $1::text and business_date = $2::date and through = $3::date) as ordered,
       exists (select from close_progress
               where bank = $1::text and topic = $4::text and partition = $5::int4 and generation = $6::int2
                 and business_date = $2::date) as begun
