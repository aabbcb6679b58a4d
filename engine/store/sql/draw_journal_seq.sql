-- The next numbers of the journal, drawn while the members' locks are held, so that they give the order of deciding.
-- $1 int4 how many. Locks nothing.
select nextval('journal_seq') from generate_series(1, $1::int4)
