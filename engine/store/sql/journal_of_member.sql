-- The journal of the lanes on which a member is decided, in the order in which it was decided.
-- $1 text topic of events, $2 int4 the member's partition of it, $3 text topic of API commands, $4 int4 the member's
-- lane of it. Locks nothing.
select seq, topic, partition, generation, asked, next, records, context
from journal
where topic = $1::text and partition = $2::int4 or topic = $3::text and partition = $4::int4
order by seq
