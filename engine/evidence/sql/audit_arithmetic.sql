-- Of each posting: is it what its own basis, rate, carried fraction and rounding give. A carried fraction is written
-- n/d or n; what is taken is its basis, below zero. Answers how many were looked at, how many are wrong, and the first
-- of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select name, desired_points <> case case when desired_points < 0 then 'taken' else rounding end
                 when 'taken' then -div(above, below)
                 when 'down' then div(above, below)
                 when 'up' then div(above + below - 1, below)
                 when 'half-up' then div(2 * above + below, 2 * below)
                 when 'half-even' then div(2 * above + below, 2 * below)
                     - case when mod(2 * above + below, 2 * below) = 0 and mod(div(2 * above + below, 2 * below), 2) = 1
                            then 1 else 0 end
                 end as wrong
      from (select concat_ws('/', bank, member_id, posting_id) as name, desired_points, rounding,
                   basis::numeric * rate_numerator * split_part(coalesce(carried, '0') || '/1', '/', 2)::numeric
                       + split_part(coalesce(carried, '0'), '/', 1)::numeric * rate_denominator as above,
                   rate_denominator * split_part(coalesce(carried, '0') || '/1', '/', 2)::numeric as below
            from posting) p) found
