-- What members have become. $1 text[] banks,
-- $2 text[] member ids, $3 int8[] versions, $4 text[] statuses, $5 text[] tiers, $6 int8[] scores, $7 date[] due on,
-- $8 date[] closed through, $9 text[] point types, $10 text[] available, $11 text[] pending, $12 text[] held,
-- $13 text[] deficit, each of $9 to $13 an array written as text, $14 text[] states.
-- Locks: nothing that lock_members has not locked.
update member
set version = told.version, status = told.status, tier = told.tier, score = told.score,
    due_on = told.due_on, closed_through = told.closed_through,
    point_types = told.point_types::text[], available = told.available::bigint[], pending = told.pending::bigint[],
    held = told.held::bigint[], deficit = told.deficit::bigint[], state = told.state
from unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::int8[], $7::date[], $8::date[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
     as told (bank, member_id, version, status, tier, score, due_on, closed_through, point_types, available, pending,
              held, deficit, state)
where member.bank = told.bank and member.member_id = told.member_id
