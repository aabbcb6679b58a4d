-- Where every lane stands, with the link that its chain ends with, and that slice's
-- journal number and time of recording. No parameters.
-- Locks nothing.
select l.topic, l.partition, l.generation, l.next, l.chain, j.seq, j.recorded_at as at
from lane l
left join lateral (
    select seq, recorded_at
    from journal j
    where j.topic = l.topic and j.partition = l.partition and j.generation = l.generation
    order by asked desc, j.seq desc
    limit 1
) j on true
