-- Forgets what members who are erased chose to be told. $1 text[] banks, $2 text[] member ids. Locks: the rows removed.
delete from notification_preference
using unnest($1::text[], $2::text[]) as erased (bank, member_id)
where notification_preference.bank = erased.bank and notification_preference.member_id = erased.member_id
