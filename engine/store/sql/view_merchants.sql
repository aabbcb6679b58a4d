-- A bank's merchants by their ids. $1 text bank, $2 text one alone or null, $3 text after this id or null,
-- $4 int4 at most so many. Locks nothing.
select m.merchant, m.network, m.region, m.sandbox, m.status, n.status as network_status, m.per_hour, m.per_day
from merchant m join network n on n.bank = m.bank and n.network = m.network
where m.bank = $1::text and ($2::text is null or m.merchant = $2::text)
  and ($3::text is null or m.merchant > $3::text)
order by m.merchant
limit $4::int4
