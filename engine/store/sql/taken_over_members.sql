-- Members of a bank and partition to whom the close brings a version that takes over: all whose days are not closed yet
-- through its eve. Whom a chunk has closed is among them no more.
-- $1 text bank, $2 int4 partition, $3 date the eve, $4 int4 at most so many. Locks nothing: lock_members does.
select member_id, least(due_on, $3::date) as due_on from member
where bank = $1::text and partition = $2::int4 and coalesce(closed_through, '-infinity'::date) < $3::date
order by coalesce(closed_through, '-infinity'::date)
limit $4::int4
