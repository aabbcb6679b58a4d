-- Remembers events for ever and answers the keys that were not known yet.
-- $1 uuid[] keys in ascending order, $2 uuid[] fingerprints. Locks: the new keys; ascending order excludes deadlock.
insert into seen (key, fingerprint)
select key, fingerprint from unnest($1::uuid[], $2::uuid[]) as told (key, fingerprint)
on conflict (key) do nothing
returning key
