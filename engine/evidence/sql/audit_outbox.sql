-- Of each batch in the outbox: is it one of the journal's, and does it say at least the rows that were decided from it
-- until the next. Events to members and dead letters are said beside, and have no rows. What says that a settlement file
-- is closed has a number of the journal and no slice: it is of the file's transaction, and so of its time. Answers how
-- many were looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
with decided as (
    select journal_seq from posting union all select journal_seq from tier_change
    union all select journal_seq from benefit_grant union all select journal_seq from grant_revocation
    union all select journal_seq from signal union all select journal_seq from redemption
    union all select journal_seq from refusal
), batch as (
    select seq, message_count, coalesce(lead(seq) over (order by seq), 9223372036854775807) as after from outbox
    where message_count > 1 or not exists (
        select from settlement_file f
        where f.recorded_at = outbox.recorded_at and not exists (select from journal j where j.seq = outbox.seq))
), told as (
    select seq, message_count, 0 as rows from batch
    union all
    select b.seq, 0, sum(d.rows)
    from (select journal_seq, count(*) as rows from decided group by journal_seq) d
    join batch b on d.journal_seq >= b.seq and d.journal_seq < b.after
    group by b.seq
)
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select seq::text as name,
             sum(rows) > sum(message_count) or not exists (select 1 from journal j where j.seq = told.seq) as wrong
      from told
      group by seq) found
