-- The members with the highest scores. $1 text bank, $2 integer part of a hundred of the bank's members. Locks nothing.
with ranked as (
    select member_id, tier, score, rank() over (order by score desc) as place, count(*) over () as members,
           row_number() over (order by score desc, member_id) as number
    from member where bank = $1::text and status in ('provisional', 'enrolled')
)
select place, member_id, tier, score from ranked
where number <= ceil(members * $2::int / 100.0) order by number
