-- Says how many redemptions a merchant may begin; answers how many before, no row where there is no such merchant.
-- $1 text bank, $2 text merchant, $3 int4 an hour, $4 int4 a day, each null without limit. Locks: the merchant's row.
with was as (
    select bank, merchant, per_hour, per_day from merchant where bank = $1::text and merchant = $2::text for update
)
update merchant m set per_hour = $3::int4, per_day = $4::int4
from was
where m.bank = was.bank and m.merchant = was.merchant
returning was.per_hour, was.per_day
