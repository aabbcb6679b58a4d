-- A bank's candidates, the newest first: with the closed days of the longest backtest, and whether it is a version now.
-- However early a backtest began, none counts before the bank's first version and the first day that it closed.
-- $1 text bank, $2 bytea one alone or null, where the page before ended, or null:
-- $3 timestamptz recorded at, $4 bytea hash,
-- $5 int4 at most so many. Locks nothing.
select c.program_hash, c.from_day, c.program, c.text, c.findings, c.uploaded_by, c.recorded_at,
       greatest(0, (select max(b.through - greatest(b.since, known.since) + 1) from program_backtest b
                    where b.bank = c.bank and b.program_hash = c.program_hash)) as closed_days,
       exists (select from program_version v
               where v.bank = c.bank and v.program_hash = c.program_hash) as registered
from program_candidate c
cross join (select greatest((select min(from_day) from program_version where bank = $1::text),
                            (select min(business_date) from day_close where bank = $1::text))) as known (since)
where c.bank = $1::text and ($2::bytea is null or c.program_hash = $2::bytea)
  and ($3::timestamptz is null or (c.recorded_at, c.program_hash) < ($3::timestamptz, $4::bytea))
order by c.recorded_at desc, c.program_hash desc
limit $5::int4
