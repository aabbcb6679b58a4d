-- Registers a merchant with its network; answers its name, no row where the bank has one of that name, which stays as it
-- is. Every process reads the registry again: its network may be stopped or suspended.
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
on conflict on constraint merchant_pk do nothing
returning merchant
