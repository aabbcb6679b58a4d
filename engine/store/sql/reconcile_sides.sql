-- Redemptions of a merchant that a settlement file covers or a log names: how each stood at the file's cut-off and
-- stands now, and what was settled of it up to the file. $1 text bank, $2 text merchant, $3 bigint the file's number,
-- $4 bigint after this number of the journal, $5 bigint through this one, $6 text[] references of the log.
-- Locks nothing.
with asked as (
    select distinct r.member_id, r.redemption_id, r.merchant_ref
    from redemption r
    where r.bank = $1::text and r.merchant = $2::text
      and (r.journal_seq > $4::bigint and r.journal_seq <= $5::bigint
           or r.merchant_ref in (select unnest($6::text[]))
           or r.redemption_id in (select l.redemption_id from settlement_line l
                                  where l.bank = $1::text and l.merchant = $2::text and l.number = $3::bigint))
)
select a.redemption_id, a.merchant_ref,
       cut.state as cut_state, cut.units as cut_units, cut.points as cut_points,
       now.state as now_state, now.units as now_units, now.points as now_points,
       settled.units, settled.points, settled.amount_minor, settled.number
from asked a
cross join lateral (
    select case when captured > returned then 'captured' else state end as state,
           case when state = 'captured' then units else 0 end as units, captured - returned as points
    from redemption r
    where r.bank = $1::text and r.member_id = a.member_id and r.redemption_id = a.redemption_id
    order by member_version desc limit 1
) now
left join lateral (
    select case when captured > returned then 'captured' else state end as state,
           case when state = 'captured' then units else 0 end as units, captured - returned as points
    from redemption r
    where r.bank = $1::text and r.member_id = a.member_id and r.redemption_id = a.redemption_id
      and r.journal_seq <= $5::bigint
    order by member_version desc limit 1
) cut on true
cross join lateral (
    select coalesce(sum(l.units), 0)::bigint as units, coalesce(sum(l.points), 0)::bigint as points,
           coalesce(sum(l.amount_minor), 0)::bigint as amount_minor, max(l.number) as number
    from settlement_line l
    where l.bank = $1::text and l.redemption_id = a.redemption_id and l.number <= $3::bigint
) settled
order by a.merchant_ref, a.redemption_id
