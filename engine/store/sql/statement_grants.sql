-- A member's benefit grants, the newest first. $1 text bank, $2 text member id. Locks nothing.
select grant_id, benefit_id, network, units, period, valid_from, valid_until, tier
from benefit_grant where bank = $1::text and member_id = $2::text
order by occurred_at desc, benefit_id
