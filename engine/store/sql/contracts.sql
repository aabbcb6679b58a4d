-- Contracts, of one item the newest first. $1 text bank or null for all, $2 text merchant or null for all.
-- Locks nothing.
select bank, merchant, currency, kind, item, from_day, pays, rate_numerator, rate_denominator, without_price_minor,
       funders, shares, recorded_at
from contract
where ($1::text is null or bank = $1::text) and ($2::text is null or merchant = $2::text)
order by bank, merchant, kind, item, from_day desc
