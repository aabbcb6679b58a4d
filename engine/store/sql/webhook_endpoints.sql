-- Endpoints with what waits for each. $1 text bank or null, $2 text merchant or null. Locks nothing.
select endpoint_id, bank, merchant, name, networks, url, paused_at, paused_because, failing_since, recorded_at,
       array(select number from webhook_secret s
             where s.endpoint_id = e.endpoint_id and expires_at > clock_timestamp() order by number) as secrets,
       (select count(*) from webhook_delivery d where d.endpoint_id = e.endpoint_id and state = 'waiting') as waiting,
       (select count(*) from webhook_delivery d where d.endpoint_id = e.endpoint_id and state = 'failed') as failed,
       (select max(ended_at) from webhook_delivery d where d.endpoint_id = e.endpoint_id and state = 'delivered')
           as delivered_at
from webhook_endpoint e
where ($1::text is null or bank = $1::text) and ($2::text is null or merchant = $2::text)
order by bank, merchant, name
