-- Suspends or resumes a merchant; answers how it stood before, no row where there is none. Where it stood otherwise every
-- process reads the registry again, for who is suspended is among what is stopped.
-- $1 text bank, $2 text merchant, $3 text status. Locks: the merchant's row, then the registry's.
with was as (
    select bank, merchant, status from merchant where bank = $1::text and merchant = $2::text for update
), raised as (
    update registry set revision = revision + 1 where exists (select from was where status <> $3::text)
)
update merchant m set status = $3::text
from was
where m.bank = was.bank and m.merchant = was.merchant
returning was.status
