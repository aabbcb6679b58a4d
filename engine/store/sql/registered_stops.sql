-- What is stopped now; of a network each merchant too, whatever network its requests name. No parameters. Locks nothing.
select bank, kind, name from stop where resumed_at is null
union
select s.bank, 'merchant', m.merchant
from stop s join merchant m on m.bank = s.bank and m.network = s.name
where s.kind = 'network' and s.resumed_at is null
