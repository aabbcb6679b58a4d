-- Members and point types whose balance is not the sum of their postings; none in an exact ledger. No parameters.
-- Locks nothing.
select coalesce(b.bank, p.bank) as bank, coalesce(b.member_id, p.member_id) as member_id
from (select bank, member_id, point_type, available + pending + held - deficit as total from balance) b
full join (select bank, member_id, point_type, sum(points) as total from posting group by bank, member_id, point_type) p
  using (bank, member_id, point_type)
where coalesce(b.total, 0) <> coalesce(p.total, 0)
