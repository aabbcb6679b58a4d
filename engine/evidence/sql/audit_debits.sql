-- Of each member and point type: was what its debits say taken from lots, to the point, but for what it owes. Answers
-- how many were looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', bank, member_id, point_type) as name,
             coalesce(d.points, 0) <> coalesce(a.points, 0) + coalesce(b.deficit, 0) as wrong
      from (select bank, member_id, point_type, -sum(points) as points
            from posting where points < 0 group by bank, member_id, point_type) d
      full join (select l.bank, l.member_id, p.point_type, sum(l.points) as points
                 from allocation l
                 join posting p on (p.bank, p.member_id, p.posting_id) = (l.bank, l.member_id, l.lot_id)
                 group by l.bank, l.member_id, p.point_type) a using (bank, member_id, point_type)
      left join balance b using (bank, member_id, point_type)) found
