-- Removes dead letters that were filed longer ago than so many days. $1 int4 days. Locks: the rows removed.
delete from dead_letter where recorded_at < clock_timestamp() - make_interval(days => $1::int4)
