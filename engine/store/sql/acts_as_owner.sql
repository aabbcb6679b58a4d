-- Whether the session may act as the role that owns the tables. No parameters. Locks nothing.
select acts_as_owner('api_key'::regclass)
