-- Keeps how far holds were swept. $1 timestamptz through. Locks: the sweep's row; only who holds the sweep is here.
update sweep set swept_through = $1::timestamptz
