-- What was answered to commands that are known, and what they were. $1 uuid[] keys. Locks nothing.
select seen.key, seen.fingerprint, a.status, a.headers, a.body
from seen left join api_answer a on a.event_key = seen.key
where seen.key = any ($1::uuid[])
