-- Benefits that a bank granted from an instant on, and the units of those with a limit.
-- $1 text bank, $2 text[] member ids that are left out, $3 timestamptz the instant. Locks nothing.
select network, benefit_id, count(*) as grants, coalesce(sum(units), 0)::bigint as units
from benefit_grant
where bank = $1::text and member_id <> all ($2::text[]) and occurred_at >= $3::timestamptz
group by network, benefit_id
