-- The API keys of a bank, or of all, the newest first; nothing of their secrets. $1 text bank or null. Locks nothing.
select key_id, bank, role, holder, scopes, signed, recorded_at, nullif(expires_at, 'infinity') as expires_at, revoked_at
from api_key where $1::text is null or bank = $1::text
order by recorded_at desc, key_id
