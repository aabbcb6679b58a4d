-- Ends a key: at once, or as soon as the grace is over; one that ends sooner stays so.
-- $1 text key id, $2 interval grace. Locks: the key's row.
update api_key
set expires_at = least(expires_at, clock_timestamp() + $2::interval),
    revoked_at = case when $2::interval = interval '0' then coalesce(revoked_at, clock_timestamp()) else revoked_at end
where key_id = $1::text
returning bank, role, holder, scopes, signed, nullif(expires_at, 'infinity') as expires_at
