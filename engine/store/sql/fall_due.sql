-- Another version of the program takes over after a day, which so falls due to every member of a bank and partition.
-- $1 text bank, $2 int4 partition, $3 date the day. Locks: the members' rows; their lane is claimed.
update member set due_on = $3::date
where bank = $1::text and partition = $2::int4 and (due_on is null or due_on > $3::date)
  and (closed_through is null or closed_through < $3::date)
