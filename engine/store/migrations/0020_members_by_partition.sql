-- Only a member's key begins with its bank: before a table was ever analysed, the server could take either of these for it,
-- and read all members of the bank for each one that was asked for.

drop index member_due;
create index member_due on member (partition, bank, due_on);
drop index member_open_days;
create index member_open_days on member (partition, bank, (coalesce(closed_through, '-infinity'::date)));
