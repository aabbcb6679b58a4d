-- Keeps the key that fingerprints of profiles are made with, unless there is one.
-- $1 uuid its id, $2 bytea the key as it is wrapped, $3 text the name of the key that wraps it. Locks: the new row.
insert into fingerprint_key (key_id, wrapped, wrapped_by) values ($1::uuid, $2::bytea, $3::text) on conflict (one) do nothing
