-- Proposals of a bank, the newest first. $1 text bank, $2 uuid the one asked for or null, $3 text state or null,
-- $4 text kind or null, $5 text subject or null; $6 timestamptz when the last one seen was made and $7 uuid its id, null
-- for the newest; $8 int4 at most so many. Locks nothing.
select p.* from (
    select *, case when (state = 'proposed' or state = 'approved' and kind = 'key') and expires_at <= clock_timestamp()
                   then 'expired' else state end as stands
    from proposal
    where bank = $1::text and ($2::uuid is null or proposal_id = $2::uuid)
      and ($4::text is null or kind = $4::text) and ($5::text is null or subject = $5::text)
      and ($6::timestamptz is null or (proposed_at, proposal_id) < ($6::timestamptz, $7::uuid))
) p
where $3::text is null or stands = $3::text
order by proposed_at desc, proposal_id desc
limit $8::int4
