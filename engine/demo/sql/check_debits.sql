-- Members and point types of whom more or less was taken from lots than their debits say, but for what they owe;
-- none in an exact ledger. No parameters. Locks nothing.
select coalesce(d.bank, a.bank) as bank, coalesce(d.member_id, a.member_id) as member_id
from (select bank, member_id, point_type, -sum(points) as points
      from posting where points < 0 group by bank, member_id, point_type) d
full join (select l.bank, l.member_id, p.point_type, sum(l.points) as points
           from allocation l
           join posting p on (p.bank, p.member_id, p.posting_id) = (l.bank, l.member_id, l.lot_id)
           group by l.bank, l.member_id, p.point_type) a using (bank, member_id, point_type)
left join balance b using (bank, member_id, point_type)
where coalesce(d.points, 0) <> coalesce(a.points, 0) + coalesce(b.deficit, 0)
