-- Whose the grants are and for what. $1 uuid[] ids. Locks nothing: a grant is never changed.
select grant_id, bank, member_id, benefit_id, network from benefit_grant where grant_id = any ($1::uuid[])
