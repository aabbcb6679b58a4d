-- What came and went, in plain words, by bank and point type. No parameters. Locks nothing.
select bank, point_type,
       case kind
           when 'base' then 'earned' when 'bonus' then 'earned' when 'multiplier' then 'earned'
           when 'period' then 'earned by a month or quarter'
           when 'expired' then case rule_id when 'member-closed' then 'given up on leaving' else 'expired' end
           when 'reversed' then 'taken back by refunds'
           when 'redeemed' then 'spent at merchants'
           when 'returned' then 'given back by merchants'
           when 'adjusted' then 'put right afterwards'
           when 'opening' then 'brought along'
           when 'merged' then 'moved in a merge'
       end as what,
       count(*) as postings, sum(points)::int8 as points
from posting group by 1, 2, 3 order by bank, point_type desc, points desc
