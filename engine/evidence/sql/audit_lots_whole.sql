-- Of each lot of which something was taken: was never more taken than it held, nor given back than was taken. Answers
-- how many were looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', a.bank, a.member_id, a.lot_id) as name,
             p.posting_id is null or a.points not between 0 and p.points as wrong
      from (select bank, member_id, lot_id, sum(points) as points from allocation group by bank, member_id, lot_id) a
      left join posting p on (p.bank, p.member_id, p.posting_id) = (a.bank, a.member_id, a.lot_id)) found
