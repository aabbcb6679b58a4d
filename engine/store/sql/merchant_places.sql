-- Where merchants are, how many redemptions they may begin, whether they and their networks are active, and what is stopped
-- there now: by kind and name, each benefit as well; a row for each that is asked about, in that order, of nulls where there is none. $1 text[] banks, $2 text[] merchants. Locks nothing.
select m.network, m.region, m.per_hour, m.per_day,
       coalesce(m.status = 'active' and n.status = 'active', false) as active,
       array(select array[s.kind, s.name] from stop s
             where s.bank = m.bank and s.resumed_at is null
               and (s.kind in ('everything', 'benefit') or s.kind = 'network' and s.name = m.network
                    or s.kind = 'merchant' and s.name = m.merchant)) as stops
from unnest($1::text[], $2::text[]) with ordinality as asked (bank, merchant, n_th)
left join merchant m on m.bank = asked.bank and m.merchant = asked.merchant
left join network n on n.bank = m.bank and n.network = m.network
order by asked.n_th
