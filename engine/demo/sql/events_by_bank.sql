-- What became of each bank's events. No parameters. Locks nothing.
select m.bank,
       sum(m.version)::int8 as decided,
       (select count(*) from refusal r where r.bank = m.bank) as refused
from member m group by m.bank order by m.bank
