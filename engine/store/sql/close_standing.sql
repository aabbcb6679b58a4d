-- How far a bank's close through a day has come: partitions that are through, members decided, members still due.
-- $1 text bank, $2 date through. Locks nothing.
select count(*) filter (where through > $2::date or through = $2::date and finished)::int as partitions,
       coalesce(sum(members) filter (where through >= $2::date), 0)::int8 as members,
       (select count(*) from member where bank = $1::text and due_on <= $2::date) as due
from close_progress
where bank = $1::text
