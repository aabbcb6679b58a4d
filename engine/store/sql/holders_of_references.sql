-- The members for whom references are claimed. $1 bytea[] references. Locks nothing: a claim is never changed.
select reference, member_id from merchant_reference where reference = any ($1::bytea[])
