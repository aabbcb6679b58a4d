-- A code of a bank: whose it is (of a member who was merged, the survivor), what for, whether its time is over, and for
-- which reference it was used and whether that was just now; with it the member for whom a reference is claimed. One row
-- always. $1 bytea digest, $2 text bank, $3 bytea reference, $4 int4 seconds that are just now,
-- $5 int4 merges at most. Locks nothing.
select survivor.member_id,
       c.kind, c.benefit_id, c.grant_id, c.expires_at <= clock_timestamp() as expired, u.reference as used_for,
       u.recorded_at > clock_timestamp() - make_interval(secs => $4::int4) as just_used,
       (select r.member_id from merchant_reference r where r.reference = $3::bytea) as reference_of
from (select 1) as one
left join code c on c.digest = $1::bytea and c.bank = $2::text
left join code_use u on u.digest = c.digest
left join lateral (
    with recursive held (member_id, hops) as (
        select c.member_id, 0
        union all
        select m.state::jsonb ->> 'merged_into', h.hops + 1
        from held h join member m on m.bank = c.bank and m.member_id = h.member_id
        where m.status = 'merged' and h.hops < $5::int4
    )
    select member_id from held order by hops desc limit 1
) as survivor on true
