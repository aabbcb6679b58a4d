-- The whole journal in the order in which it was decided. No parameters. Locks nothing.
select seq, topic, partition, generation, asked, next, records, context, decided, changed
from journal order by seq
