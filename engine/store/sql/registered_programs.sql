-- Every program version of every bank, the oldest first. No parameters. Locks nothing.
select bank, from_day, program, program_hash, semantics, text from program_version order by bank, from_day
