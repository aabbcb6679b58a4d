"""Members who are looked into: what they may do meanwhile. Days go on closing, and points expiring, all the same.

    no-burn    points cannot be spent
    earn-only  neither points nor units of benefits can be used
    full       nor can what is held already be captured, and dealings count but earn nothing

What is let go of or given back always may be; what merchants hold may be captured but under `full`.
"""

from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from rules.cause import Cause
    from rules.decision import Decision, Why
    from schemas.events import MemberFrozen


class Freeze(NamedTuple):
    """What the member may not do, why, and who said so."""

    kind: Literal["no-burn", "earn-only", "full"]
    reason: str
    by: str
    since: date

    def plain(self) -> list[str]:
        return [*self[:3], self.since.isoformat()]

    @staticmethod
    def restored(row: list[Any]) -> "Freeze":
        return Freeze(row[0], row[1], row[2], date.fromisoformat(row[3]))


def freeze(event: "MemberFrozen", cause: "Cause", decision: "Decision") -> None:
    """A member who is frozen already is from now on as the event says."""
    told = event.data
    decision.member.frozen = Freeze(told.freeze, told.reason, told.by, cause.moment.day)


def unfreeze(decision: "Decision") -> "Why | None":
    if decision.member.frozen is None:
        return "member-not-frozen", "the member is not frozen"
    decision.member.frozen = None
    return None


def earns(cause: "Cause", decision: "Decision") -> bool:
    """Whether rules may give to the member; of a dealing for which they may not, a person is told."""
    if decision.member.frozen is None or decision.member.frozen.kind != "full":
        return True
    detail = f"{cause.event.type} of a member who is frozen earns nothing; adjust by hand what it should have earned"
    decision.leave_to_a_person(cause.key, "member-frozen", detail)
    return False
