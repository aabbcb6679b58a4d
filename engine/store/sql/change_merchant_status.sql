-- Suspends or resumes a merchant; answers how it stood before, no row where there is none.
-- $1 text bank, $2 text merchant, $3 text status. Locks: the merchant's row.
with was as (
    select bank, merchant, status from merchant where bank = $1::text and merchant = $2::text for update
)
update merchant m set status = $3::text
from was
where m.bank = was.bank and m.merchant = was.merchant
returning was.status
