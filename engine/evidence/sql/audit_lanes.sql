-- Of each lane: does it stand where its last slice ended, with that slice's link. Answers how many were looked at, how
-- many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', topic, partition, generation) as name,
             (l.next, l.chain) is distinct from (coalesce(j.next, 0), coalesce(j.chain, '')) as wrong
      from lane l
      full join (select distinct on (topic, partition, generation) topic, partition, generation, next, chain
                 from journal
                 order by topic, partition, generation, asked desc, seq desc) j
        using (topic, partition, generation)) found
