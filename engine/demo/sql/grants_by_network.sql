-- Benefit grants by the merchants' network. No parameters. Locks nothing.
select bank, network, benefit_id, count(*) as grants, sum(units)::int8 as units
from benefit_grant group by bank, network, benefit_id order by bank, network, benefit_id
