-- A member's redemptions as they stand, the one that changed last first.
-- $1 text bank, $2 text member id, $3 int8 version of the last one seen and $4 uuid its id, null for the newest;
-- $5 int4 at most so many. Locks nothing.
select stands.*
from (
    select distinct on (redemption_id) *
    from redemption
    where bank = $1::text and member_id = $2::text
    order by redemption_id, member_version desc
) stands
where $3::int8 is null or (member_version, redemption_id) < ($3::int8, $4::uuid)
order by member_version desc, redemption_id desc
limit $5::int4
