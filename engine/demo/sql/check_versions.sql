-- Members whose decided events are not counted without a gap by the journal; none in an exact ledger. No parameters.
-- Locks nothing.
select 1 as difference
where (select coalesce(sum(version), 0) from member) <> (select coalesce(sum(events), 0) from journal)
