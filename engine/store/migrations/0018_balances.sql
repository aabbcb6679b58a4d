-- Of which number of the journal a balance is: members of two lanes may tell of one account with equal sequences, and
-- then the one decided last stands, whichever is written last. What was kept before is of none.

alter table balance_day add column journal_seq bigint not null default 0;
