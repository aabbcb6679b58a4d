-- Points by bank, rule and type. No parameters. Locks nothing.
select bank, rule_id, point_type, count(*) as postings, sum(points)::int8 as points,
       sum(desired_points - points)::int8 as cut_by_caps
from posting group by bank, rule_id, point_type order by bank, rule_id, point_type
