-- What became of points by the month in which their lots were earned: before a day, in the days of a period by kind of
-- movement, and at its end. What lots are taken for or given back counts on the business date of its posting, or on the
-- day of its release. Open lots are what members have: available, pending and held.
-- $1 text bank, $2 date first day, $3 date first day after. Locks nothing.
with move as (
    select p.point_type, date_trunc('month', p.event_day)::date as vintage, p.kind, p.business_date as on_day, p.points
    from posting p where p.bank = $1::text and p.points > 0
    union all
    select lot.point_type, date_trunc('month', lot.event_day)::date,
           case when a.debit_id = a.lot_id and lot.kind <> 'returned' then 'absorbed' else debit.kind end,
           coalesce(debit.business_date, released.released_on, lot.business_date), -a.points
    from allocation a
    join posting lot on lot.bank = a.bank and lot.member_id = a.member_id and lot.posting_id = a.lot_id
    left join posting debit on debit.bank = a.bank and debit.member_id = a.member_id and debit.posting_id = a.debit_id
                               and debit.member_version = a.member_version
    left join lot_release released on released.bank = a.bank and released.member_id = a.member_id
                                      and released.lot_id = a.lot_id
    where a.bank = $1::text
), dated as (
    select *, on_day < $2::date as before, on_day >= $2::date as within,
           kind in ('base', 'bonus', 'multiplier', 'period', 'opening') as earns
    from move where on_day < $3::date
)
select point_type, vintage,
       coalesce(sum(points) filter (where before), 0)::bigint as opening,
       coalesce(sum(points) filter (where within and earns), 0)::bigint as earned,
       coalesce(sum(points) filter (where within and kind in ('redeemed', 'returned')), 0)::bigint as redeemed,
       coalesce(sum(points) filter (where within and kind = 'expired'), 0)::bigint as expired,
       coalesce(sum(points) filter (where within and not earns and kind not in ('redeemed', 'returned', 'expired')), 0)
           ::bigint as other,
       sum(points)::bigint as closing,
       coalesce(-sum(points) filter (where kind in ('redeemed', 'returned')), 0)::bigint as ever_redeemed,
       coalesce(-sum(points) filter (where kind = 'expired'), 0)::bigint as ever_expired
from dated
group by point_type, vintage order by point_type, vintage
