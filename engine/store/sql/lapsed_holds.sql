-- Members with holds that lapsed and that no later row ends, the oldest first. An hour before is looked at again: what
-- was held by an event that came late lapses in the past.
-- $1 timestamptz after, $2 timestamptz through, $3 int4 at most so many. Locks nothing.
select r.bank, r.member_id, max(r.lapses_at) as lapses_at
from redemption r
where r.state = 'held' and r.lapses_at > $1::timestamptz - interval '1 hour' and r.lapses_at <= $2::timestamptz
  and not exists (
      select from redemption later
      where later.bank = r.bank and later.member_id = r.member_id and later.redemption_id = r.redemption_id
        and later.member_version > r.member_version)
group by r.bank, r.member_id
order by max(r.lapses_at), r.bank, r.member_id
limit $3::int4
