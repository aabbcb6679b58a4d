-- Keeps how far holds were swept. $1 timestamptz through. Locks: nothing that begin_sweep has not locked.
update sweep set swept_through = $1::timestamptz
