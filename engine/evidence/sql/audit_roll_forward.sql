-- Of each bank, point type and month: does what was outstanding before, and all that moved since, come to what members
-- have now. What is on the way between merged members is told apart, and is never below zero. Answers how many were
-- looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
with moved as (
    select bank, point_type, date_trunc('month', business_date)::date as month,
           sum(points) filter (where kind in ('base', 'bonus', 'multiplier', 'period', 'opening', 'adjusted')) as given,
           sum(points) filter (where kind in ('redeemed', 'returned', 'expired', 'reversed')) as taken,
           sum(points) filter (where kind = 'merged') as merged,
           sum(points) as points
    from posting
    group by bank, point_type, month
), closing as (
    select bank, point_type, month, given, taken, merged, points,
           sum(points) over (partition by bank, point_type order by month) as outstanding,
           sum(points) over (partition by bank, point_type) as at_last,
           sum(merged) over (partition by bank, point_type) as on_the_way
    from moved
), now as (
    select bank, point_type, sum(available + pending + held - deficit) as points from balance group by bank, point_type
)
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', bank, point_type, c.month) as name,
             coalesce(c.given, 0) + coalesce(c.taken, 0) + coalesce(c.merged, 0) <> coalesce(c.points, 0)
             or coalesce(c.at_last, 0) <> coalesce(n.points, 0) or coalesce(c.on_the_way, 0) > 0 as wrong
      from closing c
      full join now n using (bank, point_type)) found
