-- Every announcement of a business day's end. No parameters. Locks nothing.
select bank, business_date, source, through, event_key, reason from business_day
