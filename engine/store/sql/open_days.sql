-- A bank's business days that were announced and are not closed, the earliest first, each through the last calendar day
-- that all who announced it agree on, or that the operator named. $1 text bank, $2 text the engine's own source.
-- Locks nothing: the calendar's lane is claimed.
select d.business_date, array_agg(d.source) as sources, bool_or(d.source = $2::text) as forced,
       coalesce(max(d.through) filter (where d.source = $2::text), min(d.through)) as through, max(d.reason) as reason
from business_day d
where d.bank = $1::text
  and not exists (select from day_close c where c.bank = d.bank and c.business_date = d.business_date)
  and d.through > coalesce((select max(c.through) from day_close c where c.bank = $1::text), '-infinity')
group by d.business_date
order by d.business_date
