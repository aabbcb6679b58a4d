-- The signals for a manager, or for whom it is the deputy, that stand in a state, the newest first, with who put them there and when.
-- $1 text bank, $2 text manager, $3 text state, $4 text the bank's time zone: what was snoozed until today is open;
-- $5 timestamptz when the last one seen happened and $6 uuid its id, null for the newest; $7 int4 at most so many. Locks nothing.
select s.*, coalesce(w.state, 'open') as state, w.until, w.person, w.recorded_at as changed_at
from signal s
left join lateral (
    select case when state = 'snoozed' and until <= (now() at time zone $4::text)::date then 'open' else state end as state,
           until, person, recorded_at
    from signal_work
    where bank = s.bank and signal_id = s.signal_id
    order by work_number desc
    limit 1
) w on true
where s.bank = $1::text and (s.manager = $2::text or s.deputy = $2::text)
  and coalesce(w.state, 'open') = $3::text
  and ($5::timestamptz is null or (s.occurred_at, s.signal_id) < ($5::timestamptz, $6::uuid))
order by s.occurred_at desc, s.signal_id desc
limit $7::int4
