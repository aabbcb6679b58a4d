-- Counts a redemption that a merchant begins, unless as many as it may were begun in its hour or on its day; tells whether
-- it was counted, and in how many seconds there is room again. $1 text bank, $2 text merchant, $3 timestamptz when, or
-- null for this moment, $4 text the program's zone, $5 int4 as many an hour or null, $6 int4 as many a day or null.
-- Locks: the merchant's row of the day.
with moment as (
    select at, date_trunc('day', at, $4::text) as midnight, (at at time zone $4::text)::date as day
    from (select coalesce($3::timestamptz, clock_timestamp()) as at) as given
), asked as (
    select *, floor(extract(epoch from at - midnight) / 3600)::int4 as hour from moment
), counted as (
    insert into merchant_pace as p (bank, merchant, day, of_hours)
    select $1::text, $2::text, day, array(select (n = hour)::int4 from generate_series(0, 24) as n order by n) from asked
    on conflict on constraint merchant_pace_pk do update
    set of_hours = array(select a + b from unnest(p.of_hours, excluded.of_hours) with ordinality as u (a, b, n) order by n)
    where ($5::int4 is null or p.of_hours[array_position(excluded.of_hours, 1)] < $5::int4)
      and ($6::int4 is null or (select sum(n) from unnest(p.of_hours) as n) < $6::int4)
    returning 1
)
select exists (select from counted) as begun,
       ceil(extract(epoch from case
           when (select sum(n) from merchant_pace p, unnest(p.of_hours) as n
                 where p.bank = $1::text and p.merchant = $2::text and p.day = asked.day) >= $6::int4
           then (day + 1)::timestamp at time zone $4::text
           else midnight + (hour + 1) * interval '1 hour' end - at))::int4 as again_s
from asked
