-- The last number of the journal that anybody drew, committed or not. Locks nothing.
select last_value from journal_seq
