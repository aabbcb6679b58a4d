-- Destroys the keys of members who are erased: nothing opens what was sealed under them, ever again.
-- $1 text[] banks, $2 text[] member ids. Locks: the rows removed.
delete from member_key
using unnest($1::text[], $2::text[]) as erased (bank, member_id)
where member_key.bank = erased.bank and member_key.member_id = erased.member_id
