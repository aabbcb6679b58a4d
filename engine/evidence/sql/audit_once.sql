-- Of each event, rule and point type: was it posted once; postings in parts are one each. Answers how many were looked
-- at, how many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', bank, member_id, event_key, rule_id) as name, count(*) > 1 as wrong
      from posting
      group by bank, member_id, event_key, rule_id, kind, point_type, part) found
