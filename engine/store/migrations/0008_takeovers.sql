-- Where a version takes over, its members are found chunk by chunk: those whose days are not closed through its eve.

create index member_open_days on member (bank, partition, (coalesce(closed_through, '-infinity'::date)));
