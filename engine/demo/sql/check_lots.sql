-- Members and point types whose open lots are not what is available, pending and held; none in an exact ledger.
-- No parameters. Locks nothing.
select coalesce(l.bank, b.bank) as bank, coalesce(l.member_id, b.member_id) as member_id
from (select p.bank, p.member_id, p.point_type, sum(p.points - coalesce(a.points, 0)) as open
      from posting p
      left join (select bank, member_id, lot_id, sum(points) as points from allocation group by bank, member_id, lot_id) a
        on (a.bank, a.member_id, a.lot_id) = (p.bank, p.member_id, p.posting_id)
      where p.points > 0
      group by p.bank, p.member_id, p.point_type) l
full join balance b using (bank, member_id, point_type)
where coalesce(l.open, 0) <> coalesce(b.available + b.pending + b.held, 0)
