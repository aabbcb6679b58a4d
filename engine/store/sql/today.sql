-- The date of this moment somewhere. $1 text time zone. Locks nothing.
select (clock_timestamp() at time zone $1::text)::date
