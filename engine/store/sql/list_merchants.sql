-- The merchants of a bank, or of all. $1 text bank or null. Locks nothing.
select m.bank, m.merchant, m.network, m.region, m.status, m.sandbox, n.status as network_status, m.per_hour, m.per_day, m.recorded_at
from merchant m join network n on n.bank = m.bank and n.network = m.network
where $1::text is null or m.bank = $1::text
order by m.bank, m.merchant
