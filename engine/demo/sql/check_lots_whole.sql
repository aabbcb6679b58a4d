-- Lots of which more was taken than they held, or given back than was taken; none in an exact ledger. No parameters.
-- Locks nothing.
select p.posting_id
from posting p
join (select bank, member_id, lot_id, sum(points) as points from allocation group by bank, member_id, lot_id) a
  on (a.bank, a.member_id, a.lot_id) = (p.bank, p.member_id, p.posting_id)
where a.points not between 0 and p.points
