-- Ends a key: at once, or as soon as the grace is over; one that ends sooner stays so. Answers whose it is, until when it
-- was good before, and whether it was. $1 text key id, $2 interval grace. Locks: the key's row.
with was as (
    select key_id, expires_at, revoked_at from api_key where key_id = $1::text for update
)
update api_key k
set expires_at = least(was.expires_at, clock_timestamp() + $2::interval),
    revoked_at = case when $2::interval = interval '0' then coalesce(was.revoked_at, clock_timestamp())
                      else was.revoked_at end
from was
where k.key_id = was.key_id
returning k.bank, k.role, nullif(k.expires_at, 'infinity') as expires_at, k.revoked_at,
          nullif(was.expires_at, 'infinity') as expired_before, was.revoked_at as revoked_before,
          was.revoked_at is null and was.expires_at > clock_timestamp() as in_force_before
