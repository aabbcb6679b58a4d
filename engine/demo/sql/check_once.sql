-- Events that were posted by one rule to one point type more than once; none in an exact ledger. No parameters.
-- Locks nothing.
select event_key from posting group by bank, event_key, rule_id, point_type having count(*) > 1
