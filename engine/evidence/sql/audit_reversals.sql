-- Of each posting that something reverses: is what was reversed of it, together, against it and not more than it was.
-- What was earned before a merge is taken from the survivor. Answers how many were looked at, how many are wrong, and
-- the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', r.bank, o.member_id, r.reverses) as name,
             o.posting_id is null or r.points * sign(o.points) not between -abs(o.points) and 0 as wrong
      from (select bank, reverses, sum(points) as points
            from posting where reverses is not null group by bank, reverses) r
      left join posting o on (o.bank, o.posting_id) = (r.bank, r.reverses)) found
