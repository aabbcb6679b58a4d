-- For each reference the member for whom it is claimed, then those into whom it and they were merged, in that order; null
-- where it is not claimed. A row for each, in the order of asking. $1 bytea[] references, $2 int4 merges at most.
-- Locks nothing.
select (
    with recursive held (bank, member_id, hops) as (
        select bank, member_id, 0 from merchant_reference where reference = asked.reference
        union all
        select h.bank, m.state::jsonb ->> 'merged_into', h.hops + 1
        from held h join member m on m.bank = h.bank and m.member_id = h.member_id
        where m.status = 'merged' and h.hops < $2::int4
    )
    select array_agg(member_id order by hops) from held
) as members
from unnest($1::bytea[]) with ordinality as asked (reference, n_th)
order by asked.n_th
