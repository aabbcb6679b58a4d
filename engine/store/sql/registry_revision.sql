-- The registry's revision. No parameters. Locks nothing.
select revision from registry
