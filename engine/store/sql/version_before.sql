-- The version of a bank that is in force on the eve of a day, else its first one. $1 text bank, $2 date the day.
-- Locks nothing.
select from_day, text
from program_version
where bank = $1::text
  and from_day = coalesce((select max(from_day) from program_version where bank = $1::text and from_day < $2::date),
                          (select min(from_day) from program_version where bank = $1::text))
