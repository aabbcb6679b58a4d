-- Every member as it stands, by bank and id, in the order of their bytes. No parameters. Locks nothing.
select bank, member_id, version, status, tier, score, due_on, closed_through, point_types, available, pending, held,
       deficit, state, partition
from member
order by bank collate "C", member_id collate "C"
