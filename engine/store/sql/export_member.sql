-- All that is kept about one member: row by row, each with the name of its table, table by table and in each in order.
-- Of a code the digest stays out, by which it could be tried. $1 text bank, $2 text member id. Locks nothing.
select kept, row::text from (
    select 1, 'member', to_jsonb(m) || jsonb_build_object('state', m.state::jsonb), version from member m
    where bank = $1::text and member_id = $2::text
    union all
    select 2, 'notification_preference', to_jsonb(n), 0 from notification_preference n
    where bank = $1::text and member_id = $2::text
    union all
    select 3, 'balance_day', to_jsonb(b), b.business_date - '2000-01-01' from balance_day b
    where bank = $1::text and member_id = $2::text
    union all
    select 4, 'posting', to_jsonb(p), member_version from posting p where bank = $1::text and member_id = $2::text
    union all
    select 5, 'allocation', to_jsonb(a), member_version from allocation a where bank = $1::text and member_id = $2::text
    union all
    select 6, 'lot_release', to_jsonb(l), member_version from lot_release l where bank = $1::text and member_id = $2::text
    union all
    select 7, 'tier_change', to_jsonb(t), member_version from tier_change t where bank = $1::text and member_id = $2::text
    union all
    select 8, 'benefit_grant', to_jsonb(g), member_version from benefit_grant g
    where bank = $1::text and member_id = $2::text
    union all
    select 9, 'grant_revocation', to_jsonb(g), member_version from grant_revocation g
    where bank = $1::text and member_id = $2::text
    union all
    select 10, 'redemption', to_jsonb(r), member_version from redemption r where bank = $1::text and member_id = $2::text
    union all
    select 11, 'signal', to_jsonb(s), member_version from signal s where bank = $1::text and member_id = $2::text
    union all
    select 12, 'signal_work', to_jsonb(w), work_number from signal s join signal_work w using (bank, signal_id)
    where bank = $1::text and member_id = $2::text
    union all
    select 13, 'refusal', to_jsonb(r), member_version from refusal r where bank = $1::text and member_id = $2::text
    union all
    select 14, 'merchant_reference', to_jsonb(r), 0 from merchant_reference r
    where bank = $1::text and member_id = $2::text
    union all
    select 15, 'code', to_jsonb(c) - 'digest', 0 from code c where bank = $1::text and member_id = $2::text
    union all
    select 16, 'proposal', to_jsonb(p) || jsonb_build_object('change', p.change::jsonb), 0 from proposal p
    where bank = $1::text and subject = 'member/' || $2::text
    union all
    select 17, 'audit_trail', to_jsonb(a), trail_number from audit_trail a
    where bank = $1::text and subject = 'member/' || $2::text
) found (place, kept, row, at)
order by place, at
