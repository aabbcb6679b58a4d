-- Tells every worker that the registry has changed. No parameters. Locks: the registry's one row.
update registry set revision = revision + 1
