-- Adds a row of a merchant's contract; no row where one of the same day is there.
-- $1 text bank, $2 text merchant, $3 text currency, $4 text kind, $5 text item, $6 date from day, $7 text pays,
-- $8 bigint minor units of a unit without a price or null, $9 text[] funders, $10 bigint[] shares, $11 bigint numerator of
-- the rate, $12 bigint denominator.
-- Locks: the new row.
insert into contract (bank, merchant, currency, kind, item, from_day, pays, without_price_minor, funders, shares,
                      rate_numerator, rate_denominator)
values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::date, $7::text, $8::bigint, $9::text[], $10::bigint[],
        $11::bigint, $12::bigint)
on conflict on constraint contract_pk do nothing
returning merchant
