-- Takes the requests of a key unsigned again. Its secrets' numbers go on from where they were.
-- $1 text key id. Locks: the key's row.
update api_key set signed = false, signed_before_until = '-infinity'
where key_id = $1::text and expires_at > clock_timestamp()
returning bank
