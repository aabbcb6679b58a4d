-- Every endpoint, or one. $1 text its id or null. Locks: those endpoints, so that their queues have one writer.
select endpoint_id, bank, merchant, networks, recorded_at from webhook_endpoint
where $1::text is null or endpoint_id = $1::text
order by endpoint_id
for update
