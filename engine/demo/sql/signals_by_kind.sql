-- What relationship managers were told, and how many of them. No parameters. Locks nothing.
select bank, signal, priority, count(*) as told, count(distinct member_id) as members,
       count(distinct manager) as managers
from signal group by bank, signal, priority order by bank, told desc
