-- Redemptions as they stand: the last row of each. $1 text[] banks, $2 text[] member ids, $3 uuid[] redemption ids.
-- Locks nothing: the members are locked.
select distinct on (r.bank, r.member_id, r.redemption_id) r.*
from unnest($1::text[], $2::text[], $3::uuid[]) as asked (bank, member_id, redemption_id)
join redemption r using (bank, member_id, redemption_id)
order by r.bank, r.member_id, r.redemption_id, r.member_version desc
