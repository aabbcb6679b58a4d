-- Moves a proposal on, where it still stands as it did: else no row. $1 text bank, $2 uuid id, $3 text the state it is in,
-- $4 text its next one, $5 text[] who approved, $6 text the write that did so finally, null: as it was, $7 text who ended it or null,
-- $8 timestamptz when or null, $9 text why or null, $10 text what came of it or null. Locks: its row.
update proposal
set state = $4::text, approved_by = $5::text[], request = coalesce($6::text, request), decided_by = $7::text, decided_at = $8::timestamptz,
    decided_because = $9::text, result = $10::text
where bank = $1::text and proposal_id = $2::uuid and state = $3::text
returning proposal_id
