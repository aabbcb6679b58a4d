-- A merchant's redemptions, row by row as the journal has them: what of the points is kept after the row and was
-- before, and the redemption's first settlement line. $1 text bank, $2 text merchant, $3 bigint after this number of the
-- journal, $4 bigint through this one. Locks nothing: rows up to a cut-off stay as they are.
select r.redemption_id, r.member_version, r.merchant_ref, r.state, r.benefit_id, r.units::bigint as units, r.point_type,
       r.captured - r.returned as kept, r.amount_minor, r.payable_minor, r.used_on, r.occurred_at, r.journal_seq,
       was.state as was_state, was.captured - was.returned as was_kept,
       first.number as first_number, first.line as first_line, first.terms as first_terms
from redemption r
left join lateral (
    select w.state, w.captured, w.returned from redemption w
    where w.bank = r.bank and w.member_id = r.member_id and w.redemption_id = r.redemption_id
      and w.member_version < r.member_version
    order by w.member_version desc limit 1
) was on true
left join lateral (
    select l.number, l.line, l.terms from settlement_line l
    where l.bank = r.bank and l.redemption_id = r.redemption_id
    order by l.member_version limit 1
) first on true
where r.bank = $1::text and r.merchant = $2::text and r.journal_seq > $3::bigint and r.journal_seq <= $4::bigint
order by r.journal_seq, r.member_id, r.member_version, r.redemption_id
