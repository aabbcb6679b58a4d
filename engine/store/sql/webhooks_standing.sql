-- How the webhooks stand: seconds that the longest due has waited for its turn, and endpoints paused. No parameters.
-- Locks nothing.
select coalesce(extract(epoch from clock_timestamp() - (
           select min(d.due_at) from webhook_endpoint e
           cross join lateral (select due_at from webhook_delivery d
                               where d.endpoint_id = e.endpoint_id and due_at is not null order by due_at limit 1) as d
           where e.paused_at is null)), 0)::float8 as overdue_s,
       (select count(*) from webhook_endpoint where paused_at is not null) as paused
