"""The day on which points expire, changed by hand: what expired is given again, what would expire is valid longer.

Both are pairs of postings: the one that gives names the one that took, so that no more is given again than was taken.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, TypeVar

from rules.cause import Cause
from rules.decision import Decision, Posting, Why, as_kept
from rules.identity import close_key
from rules.points import expiry
from rules.points.adjustments import barred
from rules.points.lots import Lot, in_order, unheld
from rules.points.moves import Move, give_points, take_points
from rules.program import Program
from schemas.events import PointsExtended, PointsReinstated

REINSTATED: Final = "reinstatement"
EXTENDED: Final = "extension"

Of = TypeVar("Of", Posting, Lot)


def reinstate(event: PointsReinstated, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Gives again what a close took on the day, as a lot for each restriction that the points had."""
    told, day = event.data, cause.moment.day
    why, allowed = barred(told, cause, program), program.adjustments and program.adjustments.reinstate
    if why is not None or allowed is None:
        return "adjustment-not-allowed", why or "the program reinstates nothing; it needs `reinstate`"
    if not told.expired_on <= day <= told.expired_on + timedelta(days=allowed.within_days):
        return "adjustment-not-allowed", f"only what expired in the {allowed.within_days} days before is given again"
    of_close = close_key(decision.member.bank, decision.member.member_id, program.morning(told.expired_on).local)
    gone = _expired(told.point_type, decision, of_close)
    left = sum(points for _, points in gone)
    if left < told.points:
        return "not-enough-points", f"{left} of {told.point_type} that expired on {told.expired_on} can be given again"
    until = day + timedelta(days=allowed.valid_days)
    for part, (expired, points) in enumerate(_up_to(told.points, gone)):
        again = Move("adjusted", REINSTATED, told.point_type, points, until, expired.restriction, part=part)
        give_points(again._replace(reverses=expired.posting_id), cause, decision, program)
    return None


def _expired(point_type: str, decision: Decision, of_close: bytes) -> list[tuple[Posting, int]]:
    """What a close took of a point type, and what of it was not given again yet; other events ask for other closes."""
    postings = as_kept((decision.member.origins or {}).get(of_close, ()))
    taken = [p for p in postings if (p.kind, p.rule_id, p.point_type) == ("expired", expiry.RULE_ID, point_type)]
    return [(p, -p.points - sum(q.points for q in postings if q.reverses == p.posting_id)) for p in taken]


def extend(event: PointsExtended, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Moves points into lots that are the same but for their day; what is held keeps the day that it has."""
    told, member = event.data, decision.member
    why, most = barred(told, cause, program), program.adjustments.extend_days if program.adjustments else 0
    if why is None and told.until > told.expires_on + timedelta(days=most):
        why = (
            f"points may be valid {most} days longer at most" if most else "the program extends none; it needs `extend`"
        )
    if why is not None:
        return "adjustment-not-allowed", why
    lots = [
        (lot, lot.left) for lot in in_order(unheld(member, member.open_lots().values()))
        if (lot.point_type, lot.expires_on) == (told.point_type, told.expires_on) and lot.usable_on(cause.moment.day)
    ]  # fmt: skip
    free = sum(points for _, points in lots)
    if free < told.points:
        return "not-enough-points", f"{free} of {told.point_type} are free and expire on {told.expires_on}"
    for part, (lot, points) in enumerate(_up_to(told.points, lots)):
        _moved(lot._replace(left=points), 2 * part, cause, decision, program)
    return None


def _moved(lot: Lot, part: int, cause: Cause, decision: Decision, program: Program) -> None:
    """What is left of the lot is in another, which belongs to the event that earned it as the first did."""
    before = Move("adjusted", EXTENDED, lot.point_type, -lot.left, part=part)
    taken = take_points(before, [lot], cause, decision, program)
    after = Move(
        "adjusted", EXTENDED, lot.point_type, lot.left, vars(cause.event.data)["until"], lot.restriction,
        taken.posting_id, part=part + 1, amount_minor=lot.amount_minor, thing=lot.thing,
        earned_by=lot.event_key, earned_at=lot.earned_at,
    )  # fmt: skip
    member = decision.member
    again = give_points(after, cause, decision, program)
    member.kin = member.kin.with_lot(member.kin.owner()(lot), again.posting_id)


def _up_to(points: int, parts: Iterable[tuple[Of, int]]) -> Iterable[tuple[Of, int]]:
    """The first of the parts, together so many points."""
    for one, here in parts:
        taken = min(points, here)
        if taken:
            yield one, taken
        points -= taken
