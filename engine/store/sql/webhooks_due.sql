-- What is due to endpoints that are not paused, of each the longest due. $1 int4 at most so many of each. Locks nothing.
select e.endpoint_id, e.url, d.seq, d.n, d.message_id, d.body, d.tries,
       e.failing_since is not null as failing, e.bank || '/' || e.merchant as whose,
       array(select number from webhook_secret s
             where s.endpoint_id = e.endpoint_id and expires_at > clock_timestamp() order by number desc) as secrets
from webhook_endpoint e
cross join lateral (
    select seq, n, message_id, body, tries, due_at from webhook_delivery d
    where d.endpoint_id = e.endpoint_id and d.due_at <= clock_timestamp()
    order by d.due_at
    limit $1::int4) as d
where e.paused_at is null
order by d.due_at
