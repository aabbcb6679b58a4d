-- Backtests of a candidate, the newest first. $1 text bank, $2 bytea hash, $3 int8 before this number or null,
-- $4 int4 at most so many. Locks nothing.
select backtest_number, report, recorded_at
from program_backtest
where bank = $1::text and program_hash = $2::bytea and ($3::int8 is null or backtest_number < $3::int8)
order by backtest_number desc
limit $4::int4
