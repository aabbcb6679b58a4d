-- Accounts' balances by business date; of one day the highest sequence stands. At most one row an account and day.
-- $1 text[] banks, $2 text[] accounts, $3 date[] business dates, $4 text[] member ids, $5 text[] products,
-- $6 text[] currencies, $7 int8[] balances in minor units, $8 int8[] sequences, $9 uuid[] event keys.
-- Locks: the rows it changes; accounts belong to members that are locked.
insert into balance_day (bank, account, business_date, member_id, product, currency, balance_minor, sequence, event_key)
select * from unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::int8[], $8::int8[],
                     $9::uuid[])
on conflict on constraint balance_day_pk do update
set member_id = excluded.member_id, product = excluded.product, currency = excluded.currency,
    balance_minor = excluded.balance_minor, sequence = excluded.sequence, event_key = excluded.event_key
where excluded.sequence >= balance_day.sequence
