-- Registers a source, or changes what it may send; its bank never changes. $1 text source, $2 text bank, $3 text[] types.
-- Locks: the source's row.
insert into source (source, bank, types) values ($1::text, $2::text, $3::text[])
on conflict on constraint source_pk do update set types = excluded.types where source.bank = excluded.bank
