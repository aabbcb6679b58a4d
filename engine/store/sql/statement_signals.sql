-- A member's signals, the newest first. $1 text bank, $2 text member id, $3 int4 at most so many. Locks nothing.
select signal_id, signal, subject, priority, manager, deputy, due_on, amount_minor, currency, event_day
from signal where bank = $1::text and member_id = $2::text
order by occurred_at desc, signal_id
limit $3::int4
