-- The events that gave members points for a policy, account, holding or loan.
-- $1 text[] banks, $2 text[] member ids, $3 text[] what they were given for. Locks nothing: the members are locked.
-- A member's postings are read through their primary key: few programs ask, and of few events.
with asked as (
    select * from unnest($1::text[], $2::text[], $3::text[]) as asked (bank, member_id, thing)
)
select distinct p.bank, p.member_id, p.event_key
from asked join posting p using (bank, member_id, thing)
where p.reverses is null
