-- Takes a name for a write of staff's, for ever; answers this moment, or no row where the name was taken before.
-- $1 uuid key, $2 bytea fingerprint of what is asked. Locks: the new row; whoever asks the same waits for it.
insert into staff_request (event_key, fingerprint) values ($1::uuid, $2::bytea)
on conflict (event_key) do nothing
returning clock_timestamp()
