-- The member of a bank whose statement tells most: the one with the most grants, then postings. $1 text bank. Locks nothing.
select m.member_id
from member m
where m.bank = $1::text
order by (select count(*) from benefit_grant g where (g.bank, g.member_id) = (m.bank, m.member_id)) desc, m.version desc,
         m.member_id
limit 1
