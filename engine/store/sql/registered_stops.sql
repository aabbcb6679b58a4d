-- What is stopped now; of a network each merchant too, whatever network its requests name, and each merchant that is
-- suspended or whose network is. No parameters. Locks nothing.
select bank, kind, name from stop where resumed_at is null
union
select m.bank, 'merchant', m.merchant
from merchant m
join network n on n.bank = m.bank and n.network = m.network
where m.status = 'suspended' or n.status = 'suspended'
   or exists (select from stop s
              where s.bank = m.bank and s.kind = 'network' and s.name = m.network and s.resumed_at is null)
