-- What was asked under a name before, and how it was answered; without an answer where that is still to be decided.
-- $1 uuid key. Locks nothing.
select s.fingerprint, a.status, a.headers, a.body
from staff_request s left join api_answer a on a.event_key = s.event_key
where s.event_key = $1::uuid
