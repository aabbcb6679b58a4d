-- Registers a source, or changes what it may send; its bank and its merchant never change. $1 text source, $2 text bank,
-- $3 text[] types, $4 text merchant or null. Locks: the source's row.
insert into source (source, bank, types, merchant) values ($1::text, $2::text, $3::text[], $4::text)
on conflict on constraint source_pk do update set types = excluded.types
where source.bank = excluded.bank and source.merchant is not distinct from excluded.merchant
