-- Takes the requests of a key unsigned again. Its secrets' numbers go on from where they were. Answers how it signs now and
-- did before. $1 text key id. Locks: the key's row.
with was as (
    select key_id, signed, signing_number from api_key
    where key_id = $1::text and expires_at > clock_timestamp() for update
)
update api_key k set signed = false, signed_before_until = '-infinity'
from was
where k.key_id = was.key_id
returning k.signing_number, k.signed, k.bank, was.signed as signed_before, was.signing_number as number_before
