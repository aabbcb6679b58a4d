-- Dead letters, the newest first. $1 text reason or null for all, $2 boolean whether also those that were retried,
-- $3 int4 at most so many.
-- Locks nothing.
select topic, partition, generation, "offset", timestamp_ms, reason, detail, key, value, headers, digest, recorded_at,
       retried_at
from dead_letter
where ($1::text is null or reason = $1::text) and ($2::boolean or retried_at is null)
order by recorded_at desc, topic, partition, "offset" desc
limit $3::int4
