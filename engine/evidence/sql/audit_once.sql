-- Of each event, rule and point type: was it posted once; postings in parts are one each. What moved to another member
-- or another day belongs to the event that earned it, however often it moves. Answers how many were looked at, how many
-- are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', bank, member_id, event_key, rule_id) as name, count(*) > 1 as wrong
      from posting where kind <> 'merged' and (kind, rule_id) <> ('adjusted', 'extension')
      group by bank, member_id, event_key, rule_id, kind, point_type, part) found
