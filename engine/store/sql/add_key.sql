-- A new API key; answers what is told of it. $1 text key id, $2 text bank, $3 text role, $4 text holder, $5 text[] scopes,
-- $6 bytea digest, $7 interval for which it is good, null for ever. Locks: the new row.
insert into api_key (key_id, bank, role, holder, scopes, digest, expires_at)
values ($1::text, $2::text, $3::text, $4::text, $5::text[], $6::bytea,
        coalesce(clock_timestamp() + $7::interval, 'infinity'))
returning role, holder, scopes, signed, nullif(expires_at, 'infinity') as expires_at
