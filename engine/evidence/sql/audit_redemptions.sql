-- Of each redemption: does it begin once and end at most once, and does nothing come behind its end. Answers how many
-- were looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', bank, member_id, redemption_id) as name,
             count(*) filter (where state in ('voided', 'lapsed', 'reversed')) > 1
             or max(member_version) > min(member_version) filter (where state in ('voided', 'lapsed', 'reversed'))
             or count(distinct (merchant, merchant_ref, request, points)) > 1 as wrong
      from redemption
      group by bank, member_id, redemption_id) found
