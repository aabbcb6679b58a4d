-- The fingerprints of events that are known. $1 uuid[] keys. Locks nothing.
select key, fingerprint from seen where key = any ($1::uuid[])
