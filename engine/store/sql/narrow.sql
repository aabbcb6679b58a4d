-- What the transaction may see: of a bank, of one merchant, of one member; an empty text is no narrowing but for the bank.
-- $1 text bank, $2 text merchant, $3 text member id. Locks nothing.
select set_config('points.bank', $1::text, true), set_config('points.merchant', $2::text, true),
       set_config('points.member', $3::text, true)
