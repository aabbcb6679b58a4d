-- Counts a wrong key or code of a subject; after ten minutes counting begins anew. Answers the tries and the seconds left.
-- $1 text subject. Locks: the subject's row.
insert into guess (subject, tries, began_at) values ($1::text, 1, clock_timestamp())
on conflict on constraint guess_pk do update
set tries = case when guess.began_at < clock_timestamp() - interval '10 minutes' then 1 else guess.tries + 1 end,
    began_at = case when guess.began_at < clock_timestamp() - interval '10 minutes' then clock_timestamp()
                    else guess.began_at end
returning tries, ceil(extract(epoch from began_at + interval '10 minutes' - clock_timestamp()))::int4 as left_s
