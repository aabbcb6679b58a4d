-- How many wrong codes subjects have told, and for how many seconds that counts; a row for each, in that order.
-- $1 text[] subjects. Locks nothing.
select coalesce(g.tries, 0) as tries,
       ceil(extract(epoch from g.began_at + interval '10 minutes' - clock_timestamp()))::int4 as left_s
from unnest($1::text[]) with ordinality as asked (subject, n_th)
left join guess g on g.subject = asked.subject and g.began_at >= clock_timestamp() - interval '10 minutes'
order by asked.n_th
