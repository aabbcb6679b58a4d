-- Every account's balance of every day, by bank, account and day, in the order of their bytes. No parameters.
-- Locks nothing.
select bank, account, business_date, member_id, product, currency, balance_minor, sequence, event_key
from balance_day
order by bank collate "C", account collate "C", business_date
