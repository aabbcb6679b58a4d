-- A bank's dead letters, the newest first. $1 text bank, $2 text reason or null, $3 text topic or null, $4 date recorded
-- on it or null, $5 text zone of that day, $6 boolean whether also those that were sent again; where the page before
-- ended, or null: $7 timestamptz recorded at, $8 text topic, $9 int4 partition, $10 int2 generation, $11 int8 offset; $12 int4 at
-- most so many. Locks nothing.
select topic, partition, generation, "offset", reason, detail, key, value, headers, digest, bank, recorded_at, retried_at
from dead_letter
where bank = $1::text and ($2::text is null or reason = $2::text) and ($3::text is null or topic = $3::text)
  and ($4::date is null or recorded_at >= $4::date::timestamp at time zone $5::text
       and recorded_at < ($4::date + 1)::timestamp at time zone $5::text)
  and ($6::boolean or retried_at is null)
  and ($7::timestamptz is null or (recorded_at, topic, partition, generation, "offset")
                                  < ($7::timestamptz, $8::text, $9::int4, $10::int2, $11::int8))
order by recorded_at desc, topic desc, partition desc, generation desc, "offset" desc
limit $12::int4
