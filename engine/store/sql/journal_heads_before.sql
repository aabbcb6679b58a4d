-- Where each lane stood before a slice, with its link. $1 int8: the slice's journal number. Locks nothing.
select distinct on (topic, partition, generation) topic, partition, generation, next, chain
from journal
where seq < $1
order by topic, partition, generation, asked desc, seq desc
