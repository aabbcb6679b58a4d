-- The journal's last number up to another one. $1 bigint that number. Locks nothing.
select coalesce(max(seq), 0) from journal where seq <= $1::bigint
