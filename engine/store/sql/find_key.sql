-- An API key, and whether it is in force; of a merchant's also that the merchant is there; and how its requests are
-- signed: the secret's number, null where they are not, and whether the one before is good too.
-- None where the secret's digest is another, so that nothing is fetched of a key for whoever only knows its id.
-- $1 text key id, $2 bytea digest of the secret. Locks nothing.
select k.bank, k.role, k.holder, k.scopes, k.digest,
       case when k.signed then k.signing_number end as signing_number,
       k.signed_before_until > clock_timestamp() as signed_before,
       k.revoked_at is null and k.expires_at > clock_timestamp()
       and (k.role <> 'merchant' or m.merchant is not null) as in_force
from api_key k
left join merchant m on m.bank = k.bank and m.merchant = k.holder and k.role = 'merchant'
where k.key_id = $1::text and k.digest = $2::bytea
