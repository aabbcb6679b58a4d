-- Of each table that is stored by month: is there storage for this month and the three after it, and is the storage for
-- what belongs to no month empty. Answers how many were looked at, how many are wrong, and the first of these, by the
-- name of the storage. No parameters. Locks nothing.
with month as (
    select to_char(begins, 'YYYY_MM') as month
    from generate_series(date_trunc('month', current_date), current_date + interval '3 months', '1 month') begins
), named as (
    select concat_ws('_', stored, month) as name
    from unnest(array['journal', 'posting', 'allocation', 'outbox']) stored cross join month
)
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select name, to_regclass(name) is null as wrong from named
      union all select 'journal_default', exists (select from journal_default)
      union all select 'posting_default', exists (select from posting_default)
      union all select 'allocation_default', exists (select from allocation_default)
      union all select 'outbox_default', exists (select from outbox_default)) found
