-- Locks those of the members whom no other transaction has locked, and tells of each that is known whether one has: then
-- the columns are null. Waits for nobody. $1 text banks, $2 text member ids, each joined by the unit separator.
-- Locks: the free members' rows, until the end of the transaction.
with asked as materialized (
    select * from unnest(string_to_array($1::text, chr(31)), string_to_array($2::text, chr(31))) as asked (bank, member_id)
), free as materialized (
    select m.bank, m.member_id, m.version, m.status, m.tier, m.score, m.due_on, m.closed_through,
           m.point_types, m.available, m.pending, m.held, m.deficit, m.state
    from member m join asked using (bank, member_id)
    for no key update of m skip locked
)
select bank, member_id, free.version, free.status, free.tier, free.score, free.due_on, free.closed_through,
       free.point_types, free.available, free.pending, free.held, free.deficit, free.state, free.version is null as busy
from asked left join free using (bank, member_id)
where free.version is not null
   or exists (select from member m where m.bank = asked.bank and m.member_id = asked.member_id)
