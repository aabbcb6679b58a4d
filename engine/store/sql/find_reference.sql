-- The member for whom a merchant's reference is claimed, then those into whom it and they were merged, in that order; no
-- row where it is not claimed. $1 bytea reference, $2 int4 merges at most. Locks nothing.
with recursive held (bank, member_id, hops) as (
    select bank, member_id, 0 from merchant_reference where reference = $1::bytea
    union all
    select h.bank, m.state::jsonb ->> 'merged_into', h.hops + 1
    from held h join member m on m.bank = h.bank and m.member_id = h.member_id
    where m.status = 'merged' and h.hops < $2::int4
)
select member_id from held order by hops
