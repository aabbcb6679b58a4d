-- What members have become. $1 text[] banks,
-- $2 text[] member ids, $3 int8[] versions, $4 text[] statuses, $5 text[] tiers, $6 int8[] scores,
-- $7 text[] point types, $8 text[] available, $9 text[] pending, $10 text[] held, $11 text[] deficit, each of $7 to $11 an
-- array written as text, $12 text[] states.
-- Locks: nothing that lock_members has not locked.
update member
set version = told.version, status = told.status, tier = told.tier, score = told.score,
    point_types = told.point_types::text[], available = told.available::bigint[], pending = told.pending::bigint[],
    held = told.held::bigint[], deficit = told.deficit::bigint[], state = told.state
from unnest($1::text[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::int8[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[])
     as told (bank, member_id, version, status, tier, score, point_types, available, pending, held, deficit, state)
where member.bank = told.bank and member.member_id = told.member_id
