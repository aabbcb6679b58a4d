-- Keeps a backtest of a candidate; no row where there is no such candidate. $1 text bank, $2 bytea hash, $3 date since,
-- $4 date the last closed day, $5 text report as JSON. Locks: the new row.
insert into program_backtest (bank, program_hash, since, through, report)
select bank, program_hash, $3::date, $4::date, $5::text
from program_candidate
where bank = $1::text and program_hash = $2::bytea
returning backtest_number
