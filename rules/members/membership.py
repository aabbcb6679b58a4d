"""A member leaves, is forgotten, or turns out to be another."""

from typing import Any, Final, assert_never, get_args

from typing_extensions import TypeIs

from rules.cause import Cause
from rules.decision import Decision, Why
from rules.members.freezing import freeze, unfreeze
from rules.members.merging import absorb, merge
from rules.members.profile import NO_PROFILE
from rules.points.lots import in_order
from rules.points.moves import Move, take_points
from rules.program import Program
from rules.spending.holds import lapse
from schemas import events as e

Change = (
    e.MemberMerged | e.MemberAbsorbed | e.EventForwarded | e.MemberClosed | e.MemberErased
    | e.MemberFrozen | e.MemberUnfrozen
)  # fmt: skip

FORFEITED: Final = "member-closed"


_CHANGES: Final = frozenset(get_args(Change))


def changes_member(event: Any) -> TypeIs[Change]:
    """Whether it is a command that changes what a member is, or may do."""
    return type(event) in _CHANGES


def changed(change: Change, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Fills the decision, or says why nothing changes."""
    match change:
        case e.MemberMerged():
            return merge(change, cause, decision, program)
        case e.MemberAbsorbed():
            return absorb(change, cause, decision, program)
        case e.MemberClosed():
            return _leave(cause, decision, program)
        case e.MemberErased():
            decision.member.profile = NO_PROFILE
        case e.MemberFrozen():
            freeze(change, cause, decision)
        case e.MemberUnfrozen():
            return unfreeze(decision)
        case e.EventForwarded():
            raise AssertionError("what was forwarded is decided as the event inside")
        case _:
            assert_never(change)
    return None


def _leave(cause: Cause, decision: Decision, program: Program) -> Why | None:
    """What is left of a member's points is forfeited; what it owes stays known, should it come again."""
    member = decision.member
    lapse(cause, decision, program)
    if member.holds:
        return "member-has-holds", "capture or void what is held first"
    for part, lot in enumerate(in_order(member.open_lots().values())):
        take_points(Move("expired", FORFEITED, lot.point_type, -lot.left, part=part), [lot], cause, decision, program)
    member.status, member.due_on = "closed", None
    return None
