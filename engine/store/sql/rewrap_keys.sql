-- Keeps keys as they are wrapped anew. $1 uuid[] ids, $2 bytea[] wrapped keys, $3 text the name of the key that wraps them.
-- Locks: the rows changed.
with told as (select key_id, wrapped from unnest($1::uuid[], $2::bytea[]) as told (key_id, wrapped)
), of_fingerprints as (
    update fingerprint_key set wrapped = told.wrapped, wrapped_by = $3::text
    from told where fingerprint_key.key_id = told.key_id
)
update member_key set wrapped = told.wrapped, wrapped_by = $3::text
from told where member_key.key_id = told.key_id
