-- Members whose accounts gained or lost most over the days that end with the newest business date, by currency: the
-- balance of each account then less the one before those days began; an account first told within them counts from 0.
-- $1 text bank, $2 integer days, $3 integer members at most each way. Locks nothing.
with newest as (select max(business_date) as day from balance_day where bank = $1::text),
     since as (select day, day - $2::int as before from newest),
     ended as (
         select distinct on (b.account) b.account, b.member_id, b.currency, b.balance_minor
         from balance_day b, since where b.bank = $1::text and b.business_date > since.before
         order by b.account, b.business_date desc
     ),
     flow as (
         select e.member_id, e.currency, sum(e.balance_minor - coalesce(was.balance_minor, 0))::int8 as flow_minor
         from ended e left join lateral (
             select b.balance_minor from balance_day b, since
             where b.bank = $1::text and b.account = e.account and b.business_date <= since.before
             order by b.business_date desc limit 1
         ) was on true
         group by 1, 2
     ),
     listed as (
         select flow.*, case when flow_minor > 0 then 'in' else 'out' end as way,
                row_number() over (partition by sign(flow_minor) order by abs(flow_minor) desc, member_id) as number
         from flow where flow_minor <> 0
     )
select listed.way, listed.number, listed.member_id, m.tier, listed.currency, listed.flow_minor
from listed join member m on m.bank = $1::text and m.member_id = listed.member_id
where listed.number <= $3::int order by listed.way, listed.number
