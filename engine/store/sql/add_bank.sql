-- Registers a bank; one that is there stays. $1 text bank.
insert into bank (bank) values ($1::text) on conflict on constraint bank_pk do nothing
