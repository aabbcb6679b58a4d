-- The members that a batch concerns, locked; those that are not known yet are left out.
-- $1 text banks, $2 text member ids, each joined by the unit separator. Locks: the members' rows, in the order of bank and member id.
select m.bank, m.member_id, m.version, m.status, m.tier, m.score, m.due_on, m.closed_through,
       m.point_types, m.available, m.pending, m.held, m.deficit, m.state
from member m
join unnest(string_to_array($1::text, chr(31)), string_to_array($2::text, chr(31))) as asked (bank, member_id) using (bank, member_id)
order by m.bank, m.member_id
for no key update of m
