-- What a bank has stopped, the newest first. $1 text bank, $2 boolean with what was resumed; where the page before ended,
-- or null: $3 timestamptz stopped at, $4 text kind, $5 text name; $6 int4 at most so many. Locks nothing.
select kind, name, reason, stopped_by, stopped_at, resumed_by, resumed_at from stop
where bank = $1::text and ($2::boolean or resumed_at is null)
  and ($3::timestamptz is null or (stopped_at, kind, name) < ($3::timestamptz, $4::text, $5::text))
order by stopped_at desc, kind desc, name desc
limit $6::int4
