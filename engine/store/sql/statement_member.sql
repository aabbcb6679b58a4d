-- One member as it stands. $1 text bank, $2 text member id. Locks nothing.
select bank, member_id, version, status, tier, score, due_on, closed_through, point_types, available, pending, held, deficit, state,
       now() as asked_at
from member where bank = $1::text and member_id = $2::text
