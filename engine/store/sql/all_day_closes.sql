-- Every business day that closed. No parameters. Locks nothing.
select bank, business_date, through, reason from day_close
