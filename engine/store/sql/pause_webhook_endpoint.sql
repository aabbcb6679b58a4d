-- Pauses an endpoint: what it is to be told waits. $1 text id, $2 text why. Locks: the endpoint.
update webhook_endpoint set paused_at = clock_timestamp(), paused_because = $2::text
where endpoint_id = $1::text and paused_at is null
returning endpoint_id
