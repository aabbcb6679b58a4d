-- Of each member and point type: is available + pending + held - deficit the sum of its postings. Answers how many were
-- looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', bank, member_id, point_type) as name, coalesce(b.total, 0) <> coalesce(p.total, 0) as wrong
      from (select bank, member_id, point_type, available + pending + held - deficit as total from balance) b
      full join (select bank, member_id, point_type, sum(points) as total
                 from posting
                 group by bank, member_id, point_type) p using (bank, member_id, point_type)) found
