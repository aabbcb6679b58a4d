-- Codes of banks: whose each is (of a member who was merged, the survivor), what for, whether its time is over, and for
-- which reference it was used and whether that was just now; with it the member for whom a reference is claimed. A row
-- for each that is asked about, in that order; each is looked up by itself, however many there are.
-- $1 bytea[] digests, $2 text[] banks, $3 bytea[] references, $4 int4 seconds that are just now,
-- $5 int4 merges at most. Locks nothing.
select survivor.member_id,
       c.kind, c.benefit_id, c.grant_id, c.expires_at <= clock_timestamp() as expired, u.reference as used_for,
       u.recorded_at > clock_timestamp() - make_interval(secs => $4::int4) as just_used,
       (select r.member_id from merchant_reference r where r.reference = asked.reference) as reference_of
from unnest($1::bytea[], $2::text[], $3::bytea[]) with ordinality as asked (digest, bank, reference, n_th)
left join lateral (
    select * from code where code.digest = asked.digest and code.bank = asked.bank limit 1
) as c on true
left join lateral (
    select * from code_use where code_use.digest = c.digest limit 1
) as u on true
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
order by asked.n_th
