"""A merge was a mistake: the member stands for itself again, and has back what is left of the points that it brought.

What the survivor used of them, tier, counters, allowances and paid debts stay with it, since they were one person's.
"""

import json

from rules.cause import Cause
from rules.decision import Decision, Why
from rules.identity import derived
from rules.member import Member
from rules.members.forwarding import envelope, whole
from rules.members.merging import of_lots, outlived, sent, take_lots
from rules.points.lots import in_order, unheld
from rules.program import Program
from schemas.events import EventForwarded, MemberAbsorbed, MemberUnmerged
from schemas.events.merges import Absorption, Forwarding


def unmerge(event: MemberUnmerged, cause: Cause, decision: Decision) -> Why | None:
    """What comes from now on is the member's own again; the survivor is asked for what the member brought."""
    member = decision.member
    if member.status != "merged":
        return "merge-not-possible", "the member is not merged"
    with_it = whole(event, member.member_id, 1).model_copy(update={"asked": tuple(sorted(member.kin.absorbed))})
    into = envelope(derived(cause.key, "forwarded"), member.merged_into or "", event)
    decision.sent += (EventForwarded(**into, data=with_it),)
    outlived(member, (member.merged_into or "",))
    member.status, member.merged_into = "enrolled" if member.enrolled_on else "provisional", None
    return None


def give_back(passed: Forwarding, cause: Cause, decision: Decision, program: Program) -> None:
    """To who un-merged, what is left of the lots that it and who merged into it brought; not what is held."""
    member = decision.member
    owner, going = member.kin.owner(), _going(passed)
    lots = [lot for lot in in_order(unheld(member, member.open_lots().values())) if owner(lot) in going]
    take_lots(lots, cause, decision, program)
    told = [_stood_in(member), *of_lots(lots, 1, member, back_to=passed.member)]
    decision.sent += tuple(sent(told, passed.member, cause))
    leave(passed, member)


def let_through(passed: Forwarding, event: EventForwarded, key: bytes, decision: Decision) -> None:
    """A member that is merged itself decided for who un-merges, as long as it was not, and says so."""
    into = envelope(derived(key, "stood-in"), passed.member, event)
    decision.sent += (MemberAbsorbed(**into, data=_stood_in(decision.member)),)
    leave(passed, decision.member)


def _stood_in(member: Member) -> Absorption:
    """Whom to ask of the time of the merge."""
    survivors = json.dumps({"survivors": [member.member_id, *member.kin.survivors]})
    return Absorption(member=member.member_id, number=0, back=True, state=survivors)


def leave(passed: Forwarding, member: Member) -> None:
    """Who un-merged, and who had merged into it, are none of the draft's any more, which may be merged itself."""
    member.kin = member.kin.without(_going(passed))


def _going(passed: Forwarding) -> tuple[str, ...]:
    return passed.member, *(passed.asked or ())
