-- Uses codes for references and claims the references for the codes' members; what is taken already stays as it is, and
-- each answer tells which of the two are new, or were asked for so twice here. A row for each, in the order of asking.
-- $1 bytea[] digests, $2 text[] banks, $3 bytea[] references, $4 text[] merchants, $5 text[] member ids.
-- Locks: the new rows, codes' before references', each in its order: all of the first are there before it is told what
-- is among them.
with asked as materialized (
    select * from unnest($1::bytea[], $2::text[], $3::bytea[], $4::text[], $5::text[])
         with ordinality as asked (digest, bank, reference, merchant, member_id, n_th)
), used as (
    insert into code_use (digest, bank, reference) select digest, bank, reference from asked order by digest, n_th
    on conflict (digest) do nothing
    returning digest || reference as use
), claimed as (
    insert into merchant_reference (reference, bank, merchant, member_id)
    select reference, bank, merchant, member_id from asked order by reference, n_th
    on conflict (reference) do nothing
    returning encode(reference, 'hex') || member_id as claim
)
select coalesce(digest || reference = any ((select array_agg(use) from used)::bytea[]), false) as used,
       coalesce(encode(reference, 'hex') || member_id = any ((select array_agg(claim) from claimed)::text[]), false)
           as claimed
from asked
order by n_th
