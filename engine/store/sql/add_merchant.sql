-- Registers a merchant with its network, or moves it to another network or region; its status stays. Every process reads
-- the registry again: what is stopped may be stopped in the one network and not in the other.
-- $1 text bank, $2 text merchant, $3 text network, $4 text region or null, $5 boolean sandbox. Locks: the rows, and the
-- registry's.
with of_network as (
    insert into network (bank, network) values ($1::text, $3::text)
    on conflict on constraint network_pk do nothing
), raised as (
    update registry set revision = revision + 1
)
insert into merchant (bank, merchant, network, region, sandbox)
values ($1::text, $2::text, $3::text, $4::text, $5::boolean)
on conflict on constraint merchant_pk do update
set network = excluded.network, region = excluded.region, sandbox = excluded.sandbox
