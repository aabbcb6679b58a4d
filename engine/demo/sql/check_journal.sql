-- Journal slices that do not begin where the one before them ended, in their lane; none in an exact ledger.
-- No parameters. Locks nothing.
select seq
from (select seq, asked, coalesce(lag(next) over (partition by topic, partition, generation order by asked), 0) as due
      from journal) j
where asked <> due
