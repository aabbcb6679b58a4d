-- One proposal as it stands. $1 text bank, $2 uuid id. Locks: its row, until the transaction ends.
select * from proposal where bank = $1::text and proposal_id = $2::uuid for update
