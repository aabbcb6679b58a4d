-- A code of a bank: whose it is (of a member who was merged, the survivor), what for, whether its time is over, and for
-- which reference it was used; with it the member for whom a reference is claimed. One row always.
-- $1 bytea digest, $2 text bank, $3 bytea reference. Locks nothing.
select case when m.status = 'merged' then m.state::jsonb ->> 'merged_into' else c.member_id end as member_id,
       c.kind, c.benefit_id, c.expires_at <= clock_timestamp() as expired, u.reference as used_for,
       (select r.member_id from merchant_reference r where r.reference = $3::bytea) as reference_of
from (select 1) as one
left join code c on c.digest = $1::bytea and c.bank = $2::text
left join code_use u on u.digest = c.digest
left join member m on m.bank = c.bank and m.member_id = c.member_id
