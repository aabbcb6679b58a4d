-- Members' ways up and down the ladder, and why. No parameters. Locks nothing.
select bank, from_tier as "from", to_tier as "to", reason, count(*) as members
from tier_change where from_tier is not null and from_tier <> to_tier
group by bank, from_tier, to_tier, reason order by bank, members desc, from_tier, to_tier
