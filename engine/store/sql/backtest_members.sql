-- A bank's members as they stand, by id in the order of its bytes. $1 text bank. Locks nothing.
select member_id, tier, point_types, available, pending, held, deficit
from member
where bank = $1::text
order by member_id collate "C"
