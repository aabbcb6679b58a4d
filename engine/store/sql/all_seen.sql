-- Every event that was decided, in the order of the keys. No parameters. Locks nothing.
select key, fingerprint from seen order by key
