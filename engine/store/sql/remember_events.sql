-- Remembers events for ever and answers the keys that were known already.
-- $1 text keys in ascending order, $2 text fingerprints, both an array of uuid written as text.
-- Locks: the new keys; ascending order excludes deadlock.
with told as (
    select key, fingerprint from unnest($1::text::uuid[], $2::text::uuid[]) as told (key, fingerprint)
), new as (
    insert into seen (key, fingerprint) select key, fingerprint from told
    on conflict (key) do nothing
    returning key
)
select key from told where key not in (select key from new)
