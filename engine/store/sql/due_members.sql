-- Members of a bank and partition to whom the close through a day brings something.
-- $1 text bank, $2 int4 partition, $3 date through, $4 int4 at most so many. Locks nothing: lock_members does.
select member_id, due_on from member
where bank = $1::text and partition = $2::int4 and due_on <= $3::date
order by due_on
limit $4::int4
