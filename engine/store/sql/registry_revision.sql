-- The registry's revision of this moment. No parameters. Locks nothing.
select revision from registry
