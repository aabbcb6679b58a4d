-- Of each grant: are the units in use, reserved and taken away again not more than were granted. What a redemption has
-- of a grant stands in its last row. Answers how many were looked at, how many are wrong, and the first of these.
-- No parameters. Locks nothing.
with last as (
    select distinct on (bank, member_id, redemption_id) bank, member_id, state, grants, grant_units
    from redemption
    order by bank, member_id, redemption_id, member_version desc
), used as (
    select l.bank, l.member_id, u.grant_id, sum(u.units) as units
    from last l, unnest(l.grants, l.grant_units) as u (grant_id, units)
    where l.state in ('held', 'captured')
    group by l.bank, l.member_id, u.grant_id
), revoked as (
    select bank, member_id, grant_id, sum(units) as units from grant_revocation group by bank, member_id, grant_id
)
select count(*) as looked_at, count(*) filter (where wrong) as wrong, min(name) filter (where wrong) as first
from (select concat_ws('/', bank, member_id, grant_id) as name,
             g.benefit_id is null or g.units < coalesce(u.units, 0) + coalesce(r.units, 0) as wrong
      from benefit_grant g
      full join used u using (bank, member_id, grant_id)
      full join revoked r using (bank, member_id, grant_id)) found
