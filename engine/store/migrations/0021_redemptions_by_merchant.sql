-- As for members: before a table was ever analysed, the server could take this index for the redemptions of one member, and
-- read all of the bank for each one that was asked for. Only a redemption's own keys begin with its bank and member.

drop index redemption_of_merchant;
create index redemption_of_merchant on redemption (merchant, bank, journal_seq);
