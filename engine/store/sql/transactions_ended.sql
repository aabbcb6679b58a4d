-- Whether every transaction below one has ended. $1 xid8 the transaction. Locks nothing.
select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8
