-- Members by bank and tier. No parameters. Locks nothing.
select bank, coalesce(tier, '') as tier, count(*) as members
from member where status <> 'unknown' group by bank, tier order by bank, members desc
