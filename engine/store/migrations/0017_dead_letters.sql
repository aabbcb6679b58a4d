-- A dead letter is of a bank only where its key begins as a bank may be called: any other key, however long, is of none.

drop policy dead_letter_seen on dead_letter;
alter table dead_letter drop column bank;
-- One byte more than a bank's name may have: what is longer is none's, and no key is too long for the index.
alter table dead_letter add column bank text generated always as (
    substring(split_part(encode(substring(key for 65), 'escape'), '/', 1) collate "C"
              from '^(?=.{1,64}$)[a-z0-9]+(?:-[a-z0-9]+)*$')) stored;
create index dead_letter_of_bank on dead_letter (bank, recorded_at);
create policy dead_letter_seen on dead_letter for select to points_api using
    (bank = seen_bank() and seen_merchant() is null);
