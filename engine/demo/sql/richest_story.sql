-- The member of a bank whose statement tells most: who came down at a review, spent at merchants, had points taken back
-- or expired, used benefits; then the one with the most events. $1 text bank. Locks nothing.
select m.member_id
from member m
where m.bank = $1::text and m.status = 'enrolled'
order by (select count(distinct p.kind) from posting p where (p.bank, p.member_id) = (m.bank, m.member_id))
             + (select count(distinct (t.to_tier, t.reason)) from tier_change t
                where (t.bank, t.member_id) = (m.bank, m.member_id))
             + (select count(distinct r.network) from redemption r where (r.bank, r.member_id) = (m.bank, m.member_id)) desc,
         m.version desc, m.member_id
limit 1
