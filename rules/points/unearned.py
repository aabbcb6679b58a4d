"""Events that metrics counted and no rule earned on: what is needed should they come back. No posting tells of them."""

from datetime import date
from typing import Final

from rules.cause import Cause
from rules.member import Member
from rules.metrics.returns import Back, back_of
from rules.metrics.windows import LATEST_DAY
from rules.points.outstanding import Unearned
from rules.program import Program

MOST: Final = 50
"""So many of a member are remembered, the latest: nearly all events that count earn too."""


def remember(cause: Cause, member: Member, program: Program) -> None:
    """The draft remembers an event for which nothing was posted, where metrics counted more of it than its day."""
    data, type_ = cause.event.data, cause.event.type
    updates = (update for update in program.updates_on[type_] if update.period is not LATEST_DAY)
    if any(update.applies(data, member, cause.moment) for update in updates):
        amount_minor = vars(data).get("amount_minor")
        one = Unearned(cause.key, type_, cause.moment.day, amount_minor, 0, cause.exchange_rate)
        member.unearned = (*member.unearned[1 - MOST :], one)


def remembered(member: Member, key: bytes) -> Unearned | None:
    return next((one for one in member.unearned if one.key == key), None)


def may_be_forgotten(member: Member, day: date | None) -> bool:
    """Whether an event of the day may have been one of those that are remembered no more."""
    return len(member.unearned) == MOST and (day is None or day <= member.unearned[0].day)


def came_back(one: Unearned, amount_minor: int | None, member: Member) -> Back | None:
    """The draft knows that so much more of it came back (None: all that is left); None when nothing was left."""
    if one.amount_minor is None:
        back = None if one.back else Back(amount_minor, None, 0, whole=True)
    else:
        back = back_of(one.amount_minor, one.back, amount_minor) if one.back < one.amount_minor else None
    if back is not None:
        after = one._replace(back=1 if one.amount_minor is None else one.back + (back.part or 0))
        member.unearned = tuple(after if other is one else other for other in member.unearned)
    return back
