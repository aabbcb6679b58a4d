-- Storage for one month of one table: each in a transaction of its own, for a batch that writes to one table and waits for
-- another would wait for ever behind one that has them all.

drop function add_month(date);

create function add_month(month date, ledger text) returns void language plpgsql as $$
declare
    name text := format('%s_%s', ledger, to_char(month, 'YYYY_MM'));
begin
    execute format('create table %s partition of %s for values from (%L) to (%L)',
                   name, ledger, month, (month + interval '1 month')::date);
    if ledger <> 'outbox' then
        perform never_emptied(name);
    end if;
end $$;
