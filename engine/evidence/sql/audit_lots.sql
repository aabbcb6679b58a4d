-- Of each member and point type: are the open lots what is available, pending and held. Answers how many were looked
-- at, how many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', bank, member_id, point_type) as name,
             coalesce(l.open, 0) <> coalesce(b.available + b.pending + b.held, 0) as wrong
      from (select p.bank, p.member_id, p.point_type, sum(p.points - coalesce(a.points, 0)) as open
            from posting p
            left join (select bank, member_id, lot_id, sum(points) as points
                       from allocation
                       group by bank, member_id, lot_id) a
              on (a.bank, a.member_id, a.lot_id) = (p.bank, p.member_id, p.posting_id)
            where p.points > 0
            group by p.bank, p.member_id, p.point_type) l
      full join balance b using (bank, member_id, point_type)) found
