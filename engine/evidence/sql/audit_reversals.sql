-- Of each posting that something reverses: is what was reversed of it, together, against it and not more than it was.
-- Answers how many were looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', r.bank, r.member_id, r.reverses) as name,
             o.posting_id is null or r.points * sign(o.points) not between -abs(o.points) and 0 as wrong
      from (select bank, member_id, reverses, sum(points) as points
            from posting where reverses is not null group by bank, member_id, reverses) r
      left join posting o on (o.bank, o.member_id, o.posting_id) = (r.bank, r.member_id, r.reverses)) found
