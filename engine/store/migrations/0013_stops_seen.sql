-- A bank's people see over HTTP what their bank has stopped.

alter table stop enable row level security;
grant select on stop to points_api;
create policy stop_seen on stop for select to points_api using (bank = seen_bank() and seen_merchant() is null);
