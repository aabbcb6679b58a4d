-- One member as it stands, and the revision of the registry. $1 text bank, $2 text member id. Locks nothing.
select m.bank, m.member_id, m.version, m.status, m.tier, m.score, m.due_on, m.closed_through, m.point_types,
       m.available, m.pending, m.held, m.deficit, m.state, now() as asked_at, r.revision
from member m cross join registry r
where m.bank = $1::text and m.member_id = $2::text
