-- The number of the first slice recorded on a day or later, in the server's zone; how many slices there are since, and
-- in all. $1 date: the day; null for the beginning. Locks nothing.
select case when $1::date is null then 0
            else coalesce(min(seq) filter (where recorded_at >= $1::date), 9223372036854775807) end as first,
       count(*) filter (where $1::date is null or recorded_at >= $1::date) as since,
       count(*) as slices
from journal
