-- Adds an endpoint with its first secret's number, or changes where one of this name is told. $1 text id for a new one,
-- $2 text bank, $3 text merchant, $4 text name, $5 text[] networks, $6 text url. Answers id and newest secret's number.
-- Locks: the endpoint.
with put as (
    insert into webhook_endpoint (endpoint_id, bank, merchant, name, networks, url)
    values ($1::text, $2::text, $3::text, $4::text, $5::text[], $6::text)
    on conflict on constraint webhook_endpoint_named do update set networks = excluded.networks, url = excluded.url
    returning endpoint_id),
first as (
    insert into webhook_secret (endpoint_id, number) select endpoint_id, 1 from put
    on conflict on constraint webhook_secret_pk do nothing)
select endpoint_id, coalesce((select max(number) from webhook_secret s where s.endpoint_id = put.endpoint_id), 1) as number
from put
