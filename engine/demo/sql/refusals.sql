-- Refused events by bank and reason. No parameters. Locks nothing.
select bank, reason, count(*) as events from refusal group by bank, reason order by bank, events desc
