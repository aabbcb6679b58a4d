-- Registers a bank; one that is there stays. $1 text bank.
-- Locks: the bank, when it is new.
insert into bank (bank) values ($1::text) on conflict on constraint bank_pk do nothing
