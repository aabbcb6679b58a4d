"""How points are spent becomes a table."""

from rules.language import grammar as g
from rules.spending import terms


def spending(s: g.Spending) -> terms.Spending:
    back = s.returned_expired
    policy = back.grace_days if isinstance(back, g.Grace) else back
    pace = s.redemptions.per_hour, s.redemptions.per_day
    return terms.Spending(s.hold_minutes, s.holds_at_most, s.reverse_within_days, policy, terms.Pace(*pace))
