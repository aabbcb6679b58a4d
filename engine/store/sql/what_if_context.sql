-- The last day that a lane has closed for a bank, in a row without a budget, and what is left of the bank's budgets.
-- $1 text bank, $2 text topic, $3 int4 partition, $4 int2 generation. Locks nothing.
select null as budget_id, null::int8 as room, (closed::jsonb) ->> $1::text as closed
from lane where topic = $2::text and partition = $3::int4 and generation = $4::int2
union all
select b.budget_id, b.units - b.leased + coalesce(l.room, 0), null
from budget b
left join (select budget_id, sum(room)::int8 as room from budget_lease where bank = $1::text group by budget_id) l
    using (budget_id)
where b.bank = $1::text
