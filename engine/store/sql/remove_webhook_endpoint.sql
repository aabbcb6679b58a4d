-- Forgets an endpoint and what it was to be told. $1 text id. Locks: the endpoint and its deliveries.
delete from webhook_endpoint where endpoint_id = $1::text returning endpoint_id
