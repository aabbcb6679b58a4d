-- A bank's members as they stand, by id in the order of its bytes.
-- $1 text bank, $2 text[] member ids that are left out. Locks nothing.
select member_id, tier, point_types, available, pending, held, deficit
from member
where bank = $1::text and member_id <> all ($2::text[])
order by member_id collate "C"
