-- What is left of members' lots, as earned or as released since, in the order in which they were given.
-- $1 text[] banks, $2 text[] member ids, $3 int8[] member versions before which no lot is open any more,
-- $4 uuid[] lots that are told though nothing is left of them: where one may be older, the version is 0.
-- Locks nothing: the members are locked.
-- Member by member, so that lots meet what was taken of them among one member's rows alone, however many are asked for.
-- Months to come are looked into as well: a clock that was ahead recorded there, and points are none the less points.
select asked.bank, asked.member_id, lot.*
from unnest($1::text[], $2::text[], $3::int8[]) as asked (bank, member_id, lots_from)
cross join lateral (
    select p.posting_id as lot_id, p.event_key, p.rule_id, p.point_type, p.points,
           p.points - coalesce(taken.points, 0) as left, p.occurred_at as earned_at,
           case when r.lot_id is null then p.expires_on else r.expires_on end as expires_on, p.restriction,
           case when r.lot_id is null then p.releases_on end as releases_on,
           case when r.lot_id is null then p.awaits end as awaits, p.thing, p.amount_minor, p.member_version
    from posting p
    left join (
        select a.lot_id, sum(a.points)::bigint as points
        from allocation a
        where a.bank = asked.bank and a.member_id = asked.member_id and a.member_version >= asked.lots_from
        group by a.lot_id
    ) taken on taken.lot_id = p.posting_id
    left join lot_release r on r.bank = asked.bank and r.member_id = asked.member_id and r.lot_id = p.posting_id
    where p.bank = asked.bank and p.member_id = asked.member_id and p.member_version >= asked.lots_from and p.points > 0
      and (p.points > coalesce(taken.points, 0) or p.posting_id = any ($4::uuid[]))
    order by p.member_version, p.rule_id, p.point_type, p.part
) lot
