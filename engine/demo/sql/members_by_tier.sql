-- Members by bank and tier, and how many came up to it. No parameters. Locks nothing.
select m.bank, coalesce(m.tier, '') as tier, count(*) as members,
       (select count(*) from tier_change t where t.bank = m.bank and t.to_tier = m.tier and t.from_tier is not null)
           as upgrades
from member m group by m.bank, m.tier order by m.bank, members desc
