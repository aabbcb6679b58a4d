-- Members were looked for in all dead letters that there were. $1 int8[] numbers of their erasures.
-- Locks: the rows removed.
delete from erasure where erasure_number = any ($1::int8[])
