-- Has the requests of a key that has not ended signed with its next secret from now on; the one before stays good for a
-- grace. $1 text key id, $2 interval grace. Locks: the key's row.
update api_key
set signed = true, signing_number = signing_number + 1, signed_before_until = clock_timestamp() + $2::interval
where key_id = $1::text and expires_at > clock_timestamp()
returning signing_number, bank
