-- The journal from a number on, in the order in which it was decided. $1 int8: the first journal number. Locks nothing.
select seq, topic, partition, generation, asked, next, events, records, context, decided, changed, digest, chain
from journal
where seq >= $1
order by seq
