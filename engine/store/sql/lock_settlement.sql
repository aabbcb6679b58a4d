-- One settlement of a merchant at a time. $1 text bank, $2 text merchant.
-- Locks: the merchant's settlement, by an advisory lock of the transaction.
select pg_advisory_xact_lock(hashtextextended('settlement ' || $1::text || '/' || $2::text, 0))
