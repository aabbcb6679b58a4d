-- A merchant's endpoints by their names. $1 text bank, $2 text merchant. Locks nothing.
select name, endpoint_id,
       (select max(number) from webhook_secret s where s.endpoint_id = e.endpoint_id) as number
from webhook_endpoint e
where bank = $1::text and merchant = $2::text
