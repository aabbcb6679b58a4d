-- How many events and requests of a bank were refused for each reason. $1 text bank. Locks nothing.
select reason, count(*) as refused from refusal where bank = $1::text group by reason
