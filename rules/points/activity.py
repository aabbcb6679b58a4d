"""Activity: points that expire when none have come for so many months, counted from the last day on which any did."""

from datetime import date
from typing import Final

from rules.member import Member
from rules.periods import ONE_DAY, months_later
from rules.program import Program

ACTIVE: Final = "active"
"""The counter that remembers, by point type, the last day on which any came: not a sum, unlike the others."""


def active(member: Member, point_type: str, day: date, program: Program) -> None:
    """Points that expire by inactivity are valid for as long again from the last day on which any came."""
    known = program.point_types.get(point_type)
    if known is not None and known.inactive_months is not None:
        last = max(last_active(member, point_type) or day, day)
        member.counters = {**member.counters, f"{ACTIVE}:{point_type}": {"last": last.toordinal()}}
        member.falls_due(months_later(last, known.inactive_months) - ONE_DAY)


def last_active(member: Member, point_type: str) -> date | None:
    """None where all came under versions that did not ask."""
    days = member.counters.get(f"{ACTIVE}:{point_type}")
    return date.fromordinal(days["last"]) if days else None
