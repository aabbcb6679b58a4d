-- Has the requests of a key that has not ended signed with its next secret from now on; the one before stays good for a
-- grace. Answers how it signs now and did before. $1 text key id, $2 interval grace. Locks: the key's row.
with was as (
    select key_id, signed, signing_number from api_key
    where key_id = $1::text and expires_at > clock_timestamp() for update
)
update api_key k
set signed = true, signing_number = was.signing_number + 1, signed_before_until = clock_timestamp() + $2::interval
from was
where k.key_id = was.key_id
returning k.signing_number, k.signed, k.bank, was.signed as signed_before, was.signing_number as number_before
