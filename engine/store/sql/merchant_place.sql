-- Where a merchant is, and whether it and its network are active. $1 text bank, $2 text merchant. Locks nothing.
select m.network, m.region, m.status = 'active' and n.status = 'active' as active
from merchant m join network n on n.bank = m.bank and n.network = m.network
where m.bank = $1::text and m.merchant = $2::text
