-- Of each batch in the outbox, and of each decided since the oldest there: is it one of the journal's, and does it say at
-- least the rows that were decided from it. What one transaction wrote has one time; numbers of two that were recorded
-- together may lie between each other. Events to members and dead letters are said beside, and have no rows. What says that
-- a settlement file is closed has a number of the journal and no slice: it is of the file's transaction, and so of its time.
-- Answers how many were looked at, how many are wrong, and the first of these. No parameters. Locks nothing.
with decided as (
    select journal_seq, count(*) as rows
    from (select journal_seq from posting union all select journal_seq from tier_change
          union all select journal_seq from benefit_grant union all select journal_seq from grant_revocation
          union all select journal_seq from signal union all select journal_seq from redemption
          union all select journal_seq from refusal) each_row
    group by journal_seq
), batch as (
    select j.recorded_at, min(j.seq) as seq, sum(d.rows) as rows
    from journal j
    left join decided d on d.journal_seq = j.seq
    group by j.recorded_at
), told as (
    select o.recorded_at, min(o.seq) as seq, sum(o.message_count) as messages, bool_or(j.seq is null) as unknown
    from outbox o
    left join journal j on j.seq = o.seq
    where j.seq is not null or o.message_count > 1
       or not exists (select from settlement_file f where f.recorded_at = o.recorded_at)
    group by o.recorded_at
)
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select coalesce(t.seq, b.seq)::text as name,
             coalesce(t.unknown, false) or coalesce(b.rows, 0) > coalesce(t.messages, 0) as wrong
      from told t
      full join batch b using (recorded_at)
      where t.seq is not null or b.rows > 0 and b.seq >= (select min(seq) from outbox)) found
