-- Closes a settlement file; its lines are there. $1 text bank, $2 text merchant, $3 bigint number, $4 date business day,
-- $5 text currency, $6 bigint after this number of the journal, $7 bigint through this one, $8 bigint captures,
-- $9 bigint returns, $10 bigint value in minor units, $11 bigint amount in minor units, $12 bytea SHA-256 of what comes before the
-- trailer. Locks: the new row.
insert into settlement_file (bank, merchant, number, business_date, currency, after_seq, through_seq, captures, returns,
                             value_minor, amount_minor, digest)
values ($1::text, $2::text, $3::bigint, $4::date, $5::text, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::bigint,
        $11::bigint, $12::bytea)
returning recorded_at
