-- Makes a budget, or changes how much it has; never below what is leased. $1 text bank, $2 text budget id, $3 int8 units.
-- Locks: the budget's row.
insert into budget (bank, budget_id, units) values ($1::text, $2::text, $3::int8)
on conflict on constraint budget_pk do update set units = greatest(excluded.units, budget.leased)
