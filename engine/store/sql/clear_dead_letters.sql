-- Clears dead letters of members who are erased: those under a member's key, and those that name the member in quotes,
-- in the value or in a header, but not under another bank's key. Place and reason stay; a digest of what can be guessed would tell it.
-- $1 text[] banks, $2 text[] member ids. Locks: the rows cleared.
update dead_letter
set value = null, headers = '[]', digest = '', detail = 'erased with its member'
from unnest($1::text[], $2::text[]) as erased (bank, member_id)
where (value is not null or headers <> '[]')
  and (key = convert_to(erased.bank || '/' || erased.member_id, 'UTF8')
       or (position(convert_to('"' || erased.member_id || '"', 'UTF8') in value) > 0
           or position('"' || encode(convert_to(erased.member_id, 'UTF8'), 'hex') || '"' in headers) > 0)
          and not exists (select from bank other
                          where other.bank <> erased.bank
                            and position(convert_to(other.bank || '/', 'UTF8') in coalesce(key, '')) = 1))
