"""Points moved by hand: adjustments that others than their maker approved, and balances from the system before."""

from datetime import timedelta
from typing import Final, NamedTuple

from rules.cause import Cause
from rules.decision import Decision, Why
from rules.parts import Adjustments
from rules.points.lots import in_order, unheld
from rules.points.moves import Move, available, give_points, take_points
from rules.program import Program
from schemas.events import PointsAdjusted, PointsImported
from schemas.events.points import Adjustment, Extension, Reinstatement

OPENING: Final = "opening-balance"


class Wanted(NamedTuple):
    """What an adjustment is to move, and why."""

    point_type: str
    points: int
    reason: str


def adjust(event: PointsAdjusted, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Moves the points under the reason's name. Nothing is taken that the member cannot spend today."""
    told, member = event.data, decision.member
    why = barred(told, cause, program)
    if why is not None:
        return "adjustment-not-allowed", why
    if told.points > 0:
        expires = program.point_types[told.point_type].expires(cause.moment.day)
        give_points(Move("adjusted", told.reason, told.point_type, told.points, expires), cause, decision, program)
        return None
    usable = [
        lot for lot in in_order(unheld(member, member.open_lots().values()))
        if lot.point_type == told.point_type and lot.usable_on(cause.moment.day)
    ]  # fmt: skip
    if sum(lot.left for lot in usable) < -told.points:
        return "not-enough-points", f"{available(member, told.point_type)} of {told.point_type} are available"
    take_points(Move("adjusted", told.reason, told.point_type, told.points), usable, cause, decision, program)
    return None


def never(told: Wanted, program: Program) -> str | None:
    """Why an adjustment may not be made, whoever approves it, with what would make it right."""
    allowed = program.adjustments
    if allowed is None:
        return "the program allows no adjustments; it needs `adjustments`"
    if told.point_type not in program.point_types:
        return f"no point type is called {told.point_type}"
    if told.reason not in allowed.reasons:
        return f"the reason {told.reason} is not one of {', '.join(sorted(allowed.reasons))}"
    if abs(told.points) > allowed.bands[-1].up_to:
        return f"nobody may adjust more than {allowed.bands[-1].up_to} points"
    return None


def checkers(points: int, allowed: Adjustments) -> int:
    """How many others have to approve so many points, which are within the last band."""
    return next(band.by for band in allowed.bands if abs(points) <= band.up_to)


def barred(told: Adjustment | Reinstatement | Extension, cause: Cause, program: Program) -> str | None:
    """Why it may not be done by hand, with what would make it right."""
    allowed = program.adjustments
    why = never(Wanted(told.point_type, told.points, told.reason), program)
    if why is not None or allowed is None:
        return why
    if told.requested_by in told.approved_by:
        return "whoever asks for an adjustment cannot approve it"
    if cause.occurred_at - told.requested_at > timedelta(days=allowed.valid_days):
        return f"the request is older than {allowed.valid_days} days; it has to be made again"
    needed = checkers(told.points, allowed)
    if len(told.approved_by) < needed:
        return f"{abs(told.points)} points need {needed} checkers, {len(told.approved_by)} approved"
    return None


def take_over(event: PointsImported, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Opens a balance with the expiry that it had before."""
    told = event.data
    if told.point_type not in program.point_types:
        return "import-not-allowed", f"no point type is called {told.point_type}"
    if told.expires_on is not None and told.expires_on <= cause.moment.day:
        return "import-not-allowed", f"the points expired on {told.expires_on}, before they came"
    give_points(Move("opening", OPENING, told.point_type, told.points, told.expires_on), cause, decision, program)
    return None
