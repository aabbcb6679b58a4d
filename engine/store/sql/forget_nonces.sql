-- Forgets nonces whose signatures are too old to be taken: one may be dated five minutes ahead and is good five minutes
-- after that. No parameters. Locks: their rows.
delete from nonce where claimed_at < clock_timestamp() - interval '11 minutes'
