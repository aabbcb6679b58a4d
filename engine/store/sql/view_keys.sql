-- A bank's API keys, the newest first; nothing of their secrets. $1 text bank, $2 text one alone or null; where the page
-- before ended, or null: $3 timestamptz recorded at, $4 text key id; $5 int4 at most so many. Locks nothing.
select key_id, role, holder, scopes, signed, recorded_at, nullif(expires_at, 'infinity') as expires_at, revoked_at
from api_key
where bank = $1::text and ($2::text is null or key_id = $2::text)
  and ($3::timestamptz is null or (recorded_at, key_id) < ($3::timestamptz, $4::text))
order by recorded_at desc, key_id desc
limit $5::int4
