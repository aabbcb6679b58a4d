"""How many redemptions a member may begin in an hour and on a day: who takes a phone takes less than a balance.

What was begun counts, whatever became of it: a hold that is let go is as quick a try as one that is captured. An hour
is one of UTC, which no change of the clocks repeats, a day one of the program's zone; each counts in its own.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Final

from rules.cause import Cause
from rules.decision import Denial
from rules.member import Member
from rules.metrics.counters import Window, counted, used
from rules.periods import ONE_DAY, Windows
from rules.program import Program

BY_HOUR: Final = "redeemed:hour"
BY_DAY: Final = "redeemed:day"
HOURS_KEPT: Final = 48


def too_many(cause: Cause, member: Member, program: Program) -> Denial | None:
    """Why the member may begin no more for now. An hour or a day that is forgotten has no room."""
    pace = program.spending.pace
    if pace.per_hour is not None:
        hour, hours = _hour(cause.occurred_at), member.counters.get(BY_HOUR, {})
        forgotten = len(hours) >= HOURS_KEPT and hour < min(hours)
        if forgotten or hours.get(hour, 0) >= pace.per_hour:
            return Denial("too-many-this-hour", f"{pace.per_hour} an hour may be begun, and they were")
    if pace.per_day is not None:
        begun = used(member, BY_DAY, "day", cause.moment.windows)
        if begun is None or begun >= pace.per_day:
            return Denial("too-many-today", f"{pace.per_day} a day may be begun, and they were")
    return None


def begun(cause: Cause, member: Member, program: Program) -> None:
    """Counts one that begins. `member` is a draft."""
    pace, hour = program.spending.pace, _hour(cause.occurred_at)
    if pace.per_hour is not None:

        def label(_member: Member, _windows: Windows) -> str:
            return hour

        counted(member, BY_HOUR, Window(label, HOURS_KEPT), cause.moment.windows, 1)
    if pace.per_day is not None:
        counted(member, BY_DAY, "day", cause.moment.windows, 1)


def again_at(reason: str, at: datetime, program: Program) -> datetime | None:
    """When it may be asked for again what was refused at an instant for such a reason; None where no time mends it."""
    if reason == "too-many-this-hour":
        return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if reason == "too-many-today":
        return datetime.combine(at.astimezone(program.zone).date() + ONE_DAY, time.min, program.zone)
    return None


def _hour(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H")
