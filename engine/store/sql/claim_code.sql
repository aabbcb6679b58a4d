-- Uses a code for a reference and claims the reference for the code's member; what is taken already stays as it is, and
-- the answer tells which of the two are new.
-- $1 bytea digest, $2 text bank, $3 bytea reference, $4 text merchant, $5 text member id. Locks: the new rows.
with used as (
    insert into code_use (digest, bank, reference) values ($1::bytea, $2::text, $3::bytea)
    on conflict (digest) do nothing
    returning digest
), claimed as (
    insert into merchant_reference (reference, bank, merchant, member_id)
    values ($3::bytea, $2::text, $4::text, $5::text)
    on conflict (reference) do nothing
    returning reference
)
select exists (select from used) as used, exists (select from claimed) as claimed
