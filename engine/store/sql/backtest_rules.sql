-- What each rule of a bank gave and took since a day, by point type; what caps cut of it.
-- $1 text bank, $2 text[] member ids that are left out, $3 date the day. Nothing is recorded before it happened, but for
-- clocks that differ: older partitions are not read. Locks nothing.
select rule_id, point_type, count(*) as postings, sum(points)::bigint as points,
       coalesce(sum(desired_points - points) filter (where capped_by is not null), 0)::bigint as cut
from posting
where bank = $1::text and member_id <> all ($2::text[]) and event_day >= $3::date
  and recorded_at >= $3::date - interval '2 days'
group by rule_id, point_type
