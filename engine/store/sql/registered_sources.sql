-- Every source with its bank and the types it may send. No parameters. Locks nothing.
select source, bank, types from source
