-- A member's changes of tier, the newest first. $1 text bank, $2 text member id. Locks nothing.
select member_version, from_tier, to_tier, reason, event_day, valid_until, note, requested_by, approved_by
from tier_change where bank = $1::text and member_id = $2::text
order by member_version desc
