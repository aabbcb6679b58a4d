-- How many keys, members' and that of fingerprints, are wrapped by which key. No parameters. Locks nothing.
select wrapped_by, count(*) as keys
from (select wrapped_by from member_key union all select wrapped_by from fingerprint_key) as kept
group by wrapped_by
order by wrapped_by
