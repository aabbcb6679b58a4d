-- A member's postings, the newest first, with where they were spent or which benefit they bought.
-- $1 text bank, $2 text member id; of the last one seen, null for the newest: $3 int8 version, $4 text rule,
-- $5 text point type, $6 int8 part; $7 int4 at most so many. Locks nothing.
select p.*, r.merchant, g.benefit_id as bought
from posting p
left join lateral (
    select merchant from redemption
    where bank = p.bank and member_id = p.member_id and member_version = p.member_version
      and p.kind in ('redeemed', 'returned')
    limit 1
) r on true
left join lateral (
    select benefit_id from benefit_grant
    where bank = p.bank and member_id = p.member_id and member_version = p.member_version
      and p.kind = 'redeemed' and period = 'bought'
    limit 1
) g on true
where p.bank = $1::text and p.member_id = $2::text
  and ($3::int8 is null or p.member_version <= $3::int8)
  and ($3::int8 is null
       or (p.member_version, p.rule_id, p.point_type, p.part) < ($3::int8, $4::text, $5::text, $6::int8))
order by p.member_version desc, p.rule_id desc, p.point_type desc, p.part desc
limit $7::int4
