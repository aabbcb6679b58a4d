"""Benefit allowances: what a tier is entitled to in a period, less what was granted already."""

from collections.abc import Iterable
from datetime import date

from rules.cause import Cause
from rules.decision import Grant
from rules.identity import derived
from rules.member import Member
from rules.periods import period_end, period_start
from rules.program import Program
from rules.terms import Benefit

UNLIMITED = -1
"""How an allowance without limit is remembered among the units granted."""


def grants_due(cause: Cause, member: Member, program: Program) -> Iterable[Grant]:
    """What the member's tier adds to what was granted in each benefit's period: up, down and up again adds nothing.

    `member` is a draft and remembers what it was granted.
    """
    day = cause.moment.day
    for benefit in program.benefits:
        label: str = getattr(cause.moment.windows, benefit.period)
        had = member.granted.get(benefit.id, {}).get(label, 0)
        entitled = _entitled(benefit, member.tier, day)
        if had == UNLIMITED or entitled == 0 or (entitled is not None and entitled <= had):
            continue
        kept = {k: v for k, v in member.granted.get(benefit.id, {}).items() if k >= _year_before(label)}
        member.granted[benefit.id] = {**kept, label: UNLIMITED if entitled is None else entitled}
        yield Grant(
            derived(cause.key, f"grant:{benefit.id}:{label}"),
            member.bank,
            member.member_id,
            member.version,
            cause.key,
            benefit.id,
            benefit.network,
            None if entitled is None else entitled - had,
            label,
            day,
            period_end(day, benefit.period),
            member.tier or "",
            benefit.value_ceiling_minor,
            benefit.discount_percent,
            program.mark,
            cause.occurred_at,
        )


def _entitled(benefit: Benefit, tier: str | None, day: date) -> int | None:
    """Units of the tier in the period that holds `day`; pro rata by months left, rounded up. None is without limit."""
    units = benefit.units.get(tier or "", 0)
    if not units or not benefit.pro_rata:
        return units
    start, end = period_start(day, benefit.period), period_end(day, benefit.period)
    months = (end.year - start.year) * 12 + end.month - start.month
    left = months - ((day.year - start.year) * 12 + day.month - start.month)
    return -(-units * left // months)


def _year_before(label: str) -> str:
    return str(int(label[:4]) - 1)
