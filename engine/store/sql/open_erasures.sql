-- Members who were erased and are still to be looked for in dead letters, the first first. $1 int4 at most so many.
-- Locks nothing.
select erasure_number, bank, member_id from erasure order by erasure_number limit $1::int4
