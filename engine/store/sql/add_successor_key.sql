-- A new API key that may do what another may, and signs where that one does, by a first secret; answers what is told of it.
-- $1 text key id, $2 text the other's, $3 bytea digest, $4 timestamptz until when it is good, null for ever.
-- Locks: the new row.
insert into api_key (key_id, bank, role, holder, scopes, digest, expires_at, signed, signing_number)
select $1::text, bank, role, holder, scopes, $3::bytea, coalesce($4::timestamptz, 'infinity'), signed,
       case when signed then 1 else 0 end
from api_key where key_id = $2::text
returning role, holder, scopes, signed, nullif(expires_at, 'infinity') as expires_at
