-- Accounts' balances by business date; of one day the highest sequence stands, of equal ones what was decided last: two
-- lanes that tell of one account need not write in the order in which they drew their numbers.
-- At most one row an account and day.
-- $1 text[] banks, $2 text[] accounts, $3 date[] business dates, $4 text[] member ids, $5 text[] products,
-- $6 text[] currencies, $7 int8[] balances in minor units, $8 int8[] sequences, $9 uuid[] event keys,
-- $10 int8[] numbers of the journal.
-- Locks: the rows it changes; accounts belong to members that are locked.
insert into balance_day (bank, account, business_date, member_id, product, currency, balance_minor, sequence, event_key,
                         journal_seq)
select * from unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::text[], $6::text[], $7::int8[], $8::int8[],
                     $9::uuid[], $10::int8[])
on conflict on constraint balance_day_pk do update
set member_id = excluded.member_id, product = excluded.product, currency = excluded.currency,
    balance_minor = excluded.balance_minor, sequence = excluded.sequence, event_key = excluded.event_key,
    journal_seq = excluded.journal_seq
where (excluded.sequence, excluded.journal_seq) >= (balance_day.sequence, balance_day.journal_seq)
