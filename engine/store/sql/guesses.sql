-- How many wrong codes a subject has told, and for how many seconds that counts. $1 text subject. Locks nothing.
select tries, ceil(extract(epoch from began_at + interval '10 minutes' - clock_timestamp()))::int4 as left_s
from guess where subject = $1::text and began_at >= clock_timestamp() - interval '10 minutes'
