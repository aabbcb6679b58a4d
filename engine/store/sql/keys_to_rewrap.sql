-- Keys that another key wraps than the one in force; that of fingerprints has neither bank nor member.
-- $1 text the name of the key in force, $2 int4 at most so many members. Locks: the rows found.
select bank, member_id, key_id, wrapped, wrapped_by
from (select * from member_key where wrapped_by <> $1::text limit $2::int4 for update) as of_members
union all
select null, null, key_id, wrapped, wrapped_by
from (select * from fingerprint_key where wrapped_by <> $1::text for update) as of_fingerprints
