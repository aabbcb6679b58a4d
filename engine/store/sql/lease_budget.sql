-- Leases more of a budget, at most what is left. $1 text bank, $2 text budget id, $3 int8 units wanted; answers the units.
-- Locks: the budget's row until the end of the transaction.
with locked as (
    select bank, budget_id, least($3::int8, units - leased) as taken
    from budget where bank = $1::text and budget_id = $2::text for update
)
update budget set leased = leased + locked.taken
from locked
where budget.bank = locked.bank and budget.budget_id = locked.budget_id and locked.taken > 0
returning locked.taken
