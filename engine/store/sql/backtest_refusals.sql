-- How many events and requests of a bank were refused for each reason.
-- $1 text bank, $2 text[] member ids that are left out. Locks nothing.
select reason, count(*) as refused
from refusal
where bank = $1::text and member_id <> all ($2::text[])
group by reason
