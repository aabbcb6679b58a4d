-- Benefits granted, used, and used up (grants of which nothing is left), by the merchants' network; units are null
-- where they are without limit. No parameters. Locks nothing.
select g.bank, g.network, g.benefit_id, count(*) as grants, sum(g.units)::int8 as units,
       coalesce(sum(u.units), 0)::int8 as used, count(*) filter (where u.units >= g.units) as used_up
from benefit_grant g
left join (select bank, member_id, part.grant_id, sum(part.units) as units
           from (select distinct on (bank, member_id, redemption_id) *
                 from redemption order by bank, member_id, redemption_id, member_version desc) last
           cross join unnest(last.grants, last.grant_units) as part (grant_id, units)
           where last.state in ('held', 'captured')
           group by bank, member_id, part.grant_id) u
  on (u.bank, u.member_id, u.grant_id) = (g.bank, g.member_id, g.grant_id)
group by g.bank, g.network, g.benefit_id order by g.bank, g.network, g.benefit_id
