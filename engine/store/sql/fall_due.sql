-- Another version of the program takes over after a day, which so falls due to every member of a bank and partition.
-- $1 text bank, $2 int4 partition, $3 date the day. Locks: all members' rows of the bank and partition, in the order of
-- bank and member id, as lock_members does: commands about them lock them on other lanes, and those already due, whom
-- this leaves as they are, are locked after it by the same transaction.
with locked as (
    select bank, member_id from member
    where bank = $1::text and partition = $2::int4
    order by bank, member_id
    for no key update
)
update member set due_on = $3::date
from locked
where member.bank = locked.bank and member.member_id = locked.member_id
  and (member.due_on is null or member.due_on > $3::date)
  and (member.closed_through is null or member.closed_through < $3::date)
