-- Are the versions that members took, together, those that the journal counts. Answers how many members were looked at,
-- by how many versions it is wrong, and which side has more. No parameters. Locks nothing.
select looked_at, abs(versions - events)::bigint as wrong,
       case when versions > events then 'members' when versions < events then 'journal' end as first
from (select count(*) as looked_at, coalesce(sum(version), 0) as versions from member) m,
     (select coalesce(sum(events), 0) as events from journal) j
