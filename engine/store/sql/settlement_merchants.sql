-- The merchants with which something is agreed on a day, and those at which anything was ever asked for; the index is
-- read once a merchant and not once a redemption. $1 text bank, $2 date business day. Locks nothing.
with recursive used as (
    (select merchant from redemption where bank = $1::text order by merchant limit 1)
    union all
    select (select r.merchant from redemption r where r.bank = $1::text and r.merchant > used.merchant
            order by r.merchant limit 1)
    from used where used.merchant is not null
)
select merchant from used where merchant is not null
union
select merchant from contract where bank = $1::text and from_day <= $2::date
order by merchant
