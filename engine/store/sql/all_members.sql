-- Every member as it stands. No parameters. Locks nothing.
select bank, member_id, version, status, tier, score, due_on, closed_through, point_types, available, pending, held,
       deficit, state
from member
