-- What members of each tier hold in open accounts and holdings, by family and currency, in minor units.
-- $1 text bank. Locks nothing.
select m.tier, h.value ->> 0 as family, h.value ->> 3 as currency, count(distinct m.member_id)::int8 as members,
       sum((h.value ->> 2)::int8)::int8 as balance_minor
from member m, jsonb_each(coalesce(m.state::jsonb -> 'holdings', '{}')) as h (holding, value)
where m.bank = $1::text and m.status in ('provisional', 'enrolled') and (h.value ->> 6)::boolean
group by 1, 2, 3 order by 1 nulls first, 2, 3
