-- Locks API lanes and stamps them: each tells where it stands and the instant at which its commands are decided, read
-- after the lock, so that in a lane it never goes back. With them, which days the members' partitions have closed.
-- $1 text the API lanes' topic, $2 int4[] lanes, $3 int2 generation, $4 text the events' topic, $5 int4[] partitions.
-- Locks: the lanes' rows, in the order of their numbers, until the end of the transaction.
with locked as materialized (
    select partition, next, chain, stamped_at from lane
    where topic = $1::text and generation = $3::int2 and partition = any ($2::int4[])
    order by partition
    for update
), stamped as (
    update lane set stamped_at = greatest(clock_timestamp(), locked.stamped_at)
    from locked
    where lane.topic = $1::text and lane.generation = $3::int2 and lane.partition = locked.partition
    returning lane.partition, lane.stamped_at
)
select locked.partition, locked.next, locked.chain, stamped.stamped_at,
       stamped.stamped_at > clock_timestamp() + interval '1 minute' as clock_is_behind,
       (select jsonb_object_agg(e.partition, e.closed::jsonb)::text from lane e
        where e.topic = $4::text and e.generation = $3::int2 and e.partition = any ($5::int4[])) as closed
from locked join stamped using (partition)
