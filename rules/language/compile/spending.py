"""How points are spent becomes a table."""

from rules.language import grammar as g
from rules.spending import terms


def spending(s: g.Spending) -> terms.Spending:
    back = s.returned_expired
    policy = back.grace_days if isinstance(back, g.Grace) else back
    return terms.Spending(s.hold_minutes, s.holds_at_most, s.reverse_within_days, policy)
