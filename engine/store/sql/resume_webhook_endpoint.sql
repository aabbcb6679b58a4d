-- Resumes an endpoint: what is first in its strands is due at once, with all its tries. $1 text id.
-- Locks: the endpoint and those deliveries.
with resumed as (
    update webhook_endpoint set paused_at = null, paused_because = null, failing_since = null
    where endpoint_id = $1::text and paused_at is not null
    returning endpoint_id),
again as (
    update webhook_delivery d set due_at = clock_timestamp(), tries = 0
    from resumed r where d.endpoint_id = r.endpoint_id and d.due_at is not null)
select endpoint_id from resumed
