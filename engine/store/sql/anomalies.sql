-- What looks unlike a bank's merchants: those of whom more was captured in the last hour than so many times their mean of an
-- hour, by their settlement files of the last 28 days, and those who told many wrong codes in ten minutes; the most first.
-- $1 text bank, $2 int4 times the mean, $3 int4 captures at least, $4 int4 wrong codes at least, $5 int4 at most so many.
-- Locks nothing.
with an_hour_ago as materialized (
    select coalesce((select seq from journal where recorded_at < clock_timestamp() - interval '1 hour'
                     order by seq desc limit 1), 0) as seq
), busy as (
    select m.merchant, lately.captures as seen, usual.captures / 672.0 as usual
    from merchant m
    cross join lateral (
        select count(*) as captures from redemption r
        where r.bank = m.bank and r.merchant = m.merchant and r.journal_seq > (select seq from an_hour_ago)
          and r.state = 'captured' and r.returned = 0
    ) as lately
    cross join lateral (
        select coalesce(sum(f.captures), 0) as captures from settlement_file f
        where f.bank = m.bank and f.merchant = m.merchant and f.business_date >= current_date - 28
    ) as usual
    where m.bank = $1::text
)
select signal, subject, seen, usual from (
    select 'merchant-busy' as signal, 'merchant/' || merchant as subject, seen, usual::float8
    from busy
    where seen >= $3::int4 and seen > $2::int4 * usual
    union all
    select 'codes-guessed', left(subject, -length('/' || $1::text)), tries, 0
    from guess
    where right(subject, length('/' || $1::text)) = '/' || $1::text and tries >= $4::int4
      and began_at >= clock_timestamp() - interval '10 minutes'
) as found
order by seen desc, signal, subject
limit $5::int4
