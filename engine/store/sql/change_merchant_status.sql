-- Suspends or resumes a merchant. $1 text bank, $2 text merchant, $3 text status. Locks: the merchant's row.
update merchant set status = $3::text where bank = $1::text and merchant = $2::text
