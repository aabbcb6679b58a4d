-- Of each slice of the journal: does it begin where the one before it in its lane ended, and is its link made of that
-- one's, its lane, number, positions and count, and its digest. Answers how many were looked at, how many are wrong,
-- and the first of these. No parameters. Locks nothing.
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', topic, partition, generation, seq) as name,
             asked <> coalesce(lag(next) over lane, 0)
             or chain <> sha256(coalesce(lag(chain) over lane, '')
                                || convert_to(topic, 'UTF8') || '\x00' || convert_to(partition::text, 'UTF8') || '\x00'
                                || convert_to(generation::text, 'UTF8') || '\x00' || convert_to(seq::text, 'UTF8')
                                || '\x00' || convert_to(asked::text, 'UTF8') || '\x00'
                                || convert_to(next::text, 'UTF8') || '\x00' || convert_to(events::text, 'UTF8')
                                || '\x00' || digest) as wrong
      from journal
      window lane as (partition by topic, partition, generation order by asked, seq)) found
