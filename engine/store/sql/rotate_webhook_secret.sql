-- Gives an endpoint its next secret; those before it are good for a while still. $1 text id, $2 int4 hours, $3 int4 the
-- number it has now, or null for any. Answers the new one's number, or null. Locks: the endpoint's secrets.
with before as (
    update webhook_secret set expires_at = least(expires_at, clock_timestamp() + make_interval(hours => $2::int4))
    where endpoint_id = $1::text
      and ($3::int4 is null or $3::int4 = (select max(number) from webhook_secret where endpoint_id = $1::text))
    returning number)
insert into webhook_secret (endpoint_id, number)
select $1::text, max(number) + 1 from before having count(*) > 0
returning number
