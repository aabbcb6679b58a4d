-- Clears the dead letters under the keys of members who are erased. Place and reason stay; a digest of what can be guessed
-- would tell it. $1 text[] banks, $2 text[] member ids. Locks: the rows cleared.
update dead_letter
set value = null, headers = '[]', digest = '', detail = 'erased with its member'
from unnest($1::text[], $2::text[]) as erased (bank, member_id)
where (value is not null or headers <> '[]') and key = convert_to(erased.bank || '/' || erased.member_id, 'UTF8')
