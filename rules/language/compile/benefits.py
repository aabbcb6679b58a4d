"""Benefits become tables."""

from rules import terms
from rules.language import grammar as g
from rules.language.measures import PERIODS


def benefit(name: str, b: g.Benefit, exponent: int) -> terms.Benefit:
    units = {tier: None if n == "unlimited" else n for tier, n in b.units.items()}
    ceiling = int(b.value.ceiling * 10**exponent) if b.value else None
    return terms.Benefit(name, b.network, units, PERIODS[b.per], b.mid_period == "pro-rata", ceiling, b.discount)
