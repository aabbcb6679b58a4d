-- The merchants with which something is agreed on a day, and those at which anything was ever asked for; the index is
-- read once a merchant of each bank and not once a redemption. $1 text bank, $2 date business day. Locks nothing.
with recursive used as (
    (select merchant, bank from redemption order by merchant, bank limit 1)
    union all
    select following.merchant, following.bank
    from used
    cross join lateral (select r.merchant, r.bank from redemption r where (r.merchant, r.bank) > (used.merchant, used.bank)
                        order by r.merchant, r.bank limit 1) following
)
select merchant from used where bank = $1::text
union
select merchant from contract where bank = $1::text and from_day <= $2::date
order by merchant
