-- A transaction's id that is above those of all that have written anything by now. Asked in a statement of its own,
-- after what it is to bound. Locks nothing.
select pg_current_xact_id()
