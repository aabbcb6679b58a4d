-- What somebody did about a signal of a bank; no row where the bank has no such signal.
-- $1 text bank, $2 uuid signal, $3 text state, $4 date until when it is snoozed or null, $5 text person,
-- $6 text through which caller. Locks: the new row.
insert into signal_work (bank, signal_id, state, until, person, via)
select bank, signal_id, $3::text, $4::date, $5::text, $6::text
from signal where bank = $1::text and signal_id = $2::uuid
returning recorded_at
