-- A member's postings, the newest first. $1 text bank, $2 text member id, $3 int4 at most so many. Locks nothing.
select posting_id, member_version, rule_id, kind, point_type, points, desired_points, capped_by, basis, rate_numerator,
       rate_denominator, carried, rounding, event_day, business_date, occurred_at, expires_on, restriction,
       balance_after, encode(program_hash, 'hex') as program_hash
from posting where bank = $1::text and member_id = $2::text
order by member_version desc, rule_id, point_type
limit $3::int4
