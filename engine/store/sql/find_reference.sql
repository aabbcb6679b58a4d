-- The member for whom a merchant's reference is claimed; no row where it is not. $1 bytea reference. Locks nothing.
select member_id from merchant_reference where reference = $1::bytea
