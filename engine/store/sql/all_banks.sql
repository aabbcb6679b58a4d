-- Every bank. No parameters. Locks nothing.
select bank from bank
