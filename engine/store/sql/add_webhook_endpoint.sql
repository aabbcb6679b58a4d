-- Adds an endpoint with its first secret's number. $1 text id, $2 text bank, $3 text merchant, $4 text[] networks,
-- $5 text url. Locks nothing.
with added as (
    insert into webhook_endpoint (endpoint_id, bank, merchant, networks, url)
    values ($1::text, $2::text, $3::text, $4::text[], $5::text)
    returning endpoint_id)
insert into webhook_secret (endpoint_id, number) select endpoint_id, 1 from added
