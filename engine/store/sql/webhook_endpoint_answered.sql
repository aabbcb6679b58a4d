-- Notes whether an endpoint took its last message. $1 text id, $2 boolean whether. Answers for how many seconds it has
-- failed, or null. Locks: the endpoint.
update webhook_endpoint
set failing_since = case when $2::boolean then null else coalesce(failing_since, clock_timestamp()) end
where endpoint_id = $1::text
returning extract(epoch from clock_timestamp() - failing_since)::float8 as failing_s
