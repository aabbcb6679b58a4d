-- An endpoint as it stands, with the number of its newest secret. $1 text id. Locks: the endpoint.
select bank, merchant, name, networks, url, paused_because,
       (select max(number) from webhook_secret s where s.endpoint_id = e.endpoint_id) as secret_number
from webhook_endpoint e
where endpoint_id = $1::text
for update of e
