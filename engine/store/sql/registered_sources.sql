-- Every source with its bank, the types it may send and, of a merchant's own, the merchant. No parameters. Locks nothing.
select source, bank, types, merchant from source
