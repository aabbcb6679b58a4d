-- Of each entry of the audit trail: does it have the next number, and is its link made of the one before it and of all
-- that it says. Answers how many were looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select lpad(trail_number::text, 12, '0') as name,
             trail_number <> coalesce(lag(trail_number) over trail, 0) + 1
             or chain <> sha256(coalesce(lag(chain) over trail, '') || convert_to(jsonb_build_array(
                 trail_number, bank, extract(epoch from recorded_at), role, person, key_id, request_id, action, subject,
                 before, after)::text, 'UTF8')) as wrong
      from audit_trail
      window trail as (order by trail_number)) found
