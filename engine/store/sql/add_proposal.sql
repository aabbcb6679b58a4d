-- A new proposal. $1 uuid id, $2 text bank, $3 text kind, $4 text subject, $5 text the change as JSON, $6 text reason,
-- $7 text the bank's own reference or null, $8 text the maker, $9 timestamptz now, $10 timestamptz until when it may be
-- approved, $11 int2 how many checkers it needs. Locks: the new row.
insert into proposal (proposal_id, bank, kind, subject, change, reason, case_ref, proposed_by, proposed_at, expires_at, needs)
values ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::timestamptz, $10::timestamptz,
        $11::int2)
