-- What became of redemptions, by the merchants' network. Points are those that stayed with the merchant.
-- No parameters. Locks nothing.
select bank, network, coalesce(benefit_id, point_type) as of, state, count(*) as redemptions, sum(units)::int8 as units,
       sum(captured - returned)::int8 as points
from (select distinct on (bank, member_id, redemption_id) *
      from redemption order by bank, member_id, redemption_id, member_version desc) last
group by 1, 2, 3, 4 order by 1, 2, 3, redemptions desc
