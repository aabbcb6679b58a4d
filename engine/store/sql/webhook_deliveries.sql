-- What an endpoint was or is to be told, the newest first. $1 text id, $2 int4 at most so many. Locks nothing.
select seq, n, message_id, state, tries, due_at, answer, recorded_at, ended_at from webhook_delivery
where endpoint_id = $1::text
order by seq desc, n desc
limit $2::int4
