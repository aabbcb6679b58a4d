-- A new code; answers the instant from which it is good no more.
-- $1 bytea digest, $2 text bank, $3 text member id, $4 text kind, $5 text benefit or null, $6 uuid grant or null,
-- $7 int4 seconds for which it is good. Locks: the new row.
insert into code (digest, bank, member_id, kind, benefit_id, grant_id, expires_at)
values ($1::bytea, $2::text, $3::text, $4::text, $5::text, $6::uuid,
        clock_timestamp() + make_interval(secs => $7::int4))
returning expires_at
