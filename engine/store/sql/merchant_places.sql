-- Where merchants are, and whether they and their networks are active; a row for each that is asked about, in that order,
-- of nulls where there is none. $1 text[] banks, $2 text[] merchants. Locks nothing.
select m.network, m.region, coalesce(m.status = 'active' and n.status = 'active', false) as active
from unnest($1::text[], $2::text[]) with ordinality as asked (bank, merchant, n_th)
left join merchant m on m.bank = asked.bank and m.merchant = asked.merchant
left join network n on n.bank = m.bank and n.network = m.network
order by asked.n_th
