-- A merchant's own system uploads that merchant's redemptions; a source without one speaks for the whole bank.

alter table source add column merchant text;
alter table source add constraint source_of_a_merchant_uploads_alone
    check (merchant is null or types = array['redemption.uploaded.v1']);
