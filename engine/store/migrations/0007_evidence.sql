-- What a slice changed has a digest beside that of the rows it added: those can be proved from their tables alone.

alter table journal add column changed bytea not null;
alter table journal drop constraint journal_digest_is_sha256;
alter table journal add constraint journal_digest_is_sha256 check (
    octet_length(decided) = 32 and octet_length(changed) = 32 and octet_length(digest) = 32
    and octet_length(chain) = 32);
