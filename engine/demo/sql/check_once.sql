-- Events that were posted by one rule to one point type more than once; none in an exact ledger. Postings in parts are
-- one each. No parameters. Locks nothing.
select event_key from posting group by bank, member_id, event_key, rule_id, kind, point_type, part having count(*) > 1
