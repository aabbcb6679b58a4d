-- The key that fingerprints of profiles are made with, wrapped. No parameters. Locks nothing.
select key_id, wrapped, wrapped_by from fingerprint_key
