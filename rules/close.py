"""The close of days: what happens to a member because time passes, each day in its turn.

Closing a day brings a member from its evening, when the day is complete, to the next morning. Rows caused so are named
after the member and the day alone, so that they are the same whichever marker closes the day.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from rules import period_rules
from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.identity import close_key
from rules.member import Member
from rules.metrics import averages
from rules.moment import Moment
from rules.periods import ONE_DAY
from rules.points import expiry, pending, waiting
from rules.program import Program, Programs
from rules.signals import raised as signals
from rules.spending import benefits, holds
from rules.standing import reviews
from schemas.events import BusinessDayClosed, DayMarker
from schemas.events.calendar import DayClose

Marker = BusinessDayClosed | DayMarker


class Stage(NamedTuple):
    """One of the things that time brings: what it does on a day, and the next day after one on which it has to."""

    bring: Callable[[Cause, Decision, Program, Context], None]
    next_day: Callable[[Member, Program, date], date | None]


EVENING: Final[tuple[Stage, ...]] = (
    Stage(averages.keep, averages.next_day),
    Stage(period_rules.close_periods, period_rules.next_day),
    Stage(reviews.review, reviews.next_day),
)
"""In this order, at the end of the day that is closed, by the version then in force."""

MORNING: Final[tuple[Stage, ...]] = (
    Stage(reviews.take_over, reviews.no_day),
    Stage(holds.lapse, holds.next_day),
    Stage(pending.release, pending.next_day),
    Stage(expiry.expire, expiry.next_day),
    Stage(waiting.give_up, waiting.next_day),
    Stage(benefits.renew, benefits.next_day),
    Stage(signals.remind, signals.next_day),
)
"""In this order, at the beginning of the day after, by the version then in force."""


def closed(marker: Marker, member: Member, program: Program, context: Context) -> Decision:
    """All that is due to the member through the marker's last day. `program` is any version of it."""
    decision = Decision(member.draft())
    after, through = decision.member, marker.data.through
    if after.status in ("merged", "closed"):
        after.due_on = None
    while after.due_on is not None and after.due_on <= through:
        day = after.due_on
        _close(day, marker, decision, program, context)
        after.closed_through, after.due_on = day, None
        fall_due(after, program, day)
        eve = _next_eve(program, day)
        if eve is not None and eve <= through:
            after.falls_due(eve)
    after.closed_through = through
    return decision


def takeover(programs: Programs, closed_through: date | None, days: DayClose) -> date | None:
    """The first eve of a version's first day among the days that are closed: it falls due to every member.

    `closed_through` is the last day closed before; without one, the days begin with the business date. That a version
    takes over stands in no member's `due_on` before, so that a version registered late changes nothing decided.
    """
    after = closed_through or days.business_date - ONE_DAY
    eve = _next_eve(programs.on(after + ONE_DAY), after)
    return eve if eve is not None and eve <= days.through else None


def _next_eve(program: Program, after: date) -> date | None:
    """The last day of the version that is in force on the morning after a day, where its successor is known."""
    successor = program.in_force(after + ONE_DAY).successor
    return None if successor is None else successor.version - ONE_DAY


def fall_due(member: Member, program: Program, after: date) -> None:
    """Sets the draft's next due day, later than `after`, by what its program does at a close."""
    program = program.in_force(after + ONE_DAY)
    days = [stage.next_day(member, program, after) for stage in EVENING]
    days += [day and day - ONE_DAY for day in (stage.next_day(member, program, after + ONE_DAY) for stage in MORNING)]
    for day in days:
        if day is not None:
            member.falls_due(day)


def _close(day: date, marker: Marker, decision: Decision, program: Program, context: Context) -> None:
    decision.member.version += 1
    tonight, tomorrow = program.in_force(day), program.in_force(day + ONE_DAY)
    for stages, in_force, moment in (
        (EVENING, tonight, tonight.evening(day)),
        (MORNING, tomorrow, tomorrow.morning(day + ONE_DAY)),
    ):
        cause = _cause(marker, decision.member, moment)
        for stage in stages:
            stage.bring(cause, decision, in_force, context)


def _cause(marker: Marker, member: Member, moment: Moment) -> Cause:
    key = close_key(member.bank, member.member_id, moment.local)
    return Cause(marker, key, moment, moment.local, moment.day)
