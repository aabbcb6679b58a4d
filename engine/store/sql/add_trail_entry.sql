-- An entry of the audit trail, chained to the last one. $1 text bank or null, $2 text role, $3 text person, $4 text key id,
-- $5 text request id, $6 text action, $7 text subject, $8 text before or null, $9 text after or null, both JSON.
-- Locks: the new row; the trail is locked already.
with last as (
    select trail_number, chain from audit_trail order by trail_number desc limit 1
), entry as (
    select coalesce(last.trail_number, 0) + 1 as trail_number, coalesce(last.chain, '') as before_it,
           clock_timestamp() as at
    from (select) one left join last on true
)
insert into audit_trail
select trail_number, $1::text, at, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text,
       sha256(before_it || convert_to(jsonb_build_array(
           trail_number, $1::text, extract(epoch from at), $2::text, $3::text, $4::text, $5::text, $6::text, $7::text,
           $8::text, $9::text)::text, 'UTF8'))
from entry
