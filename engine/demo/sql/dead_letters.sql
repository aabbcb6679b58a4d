-- Dead letters by reason. No parameters. Locks nothing.
select reason, count(*) as records from dead_letter group by reason order by records desc
