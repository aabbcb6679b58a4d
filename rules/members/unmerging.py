"""A merge was a mistake: the member stands for itself again, and has back what is left of the points that it brought.

What the survivor used of them, tier, counters, allowances and paid debts stay with it, since they were one person's.
"""

from rules.cause import Cause
from rules.decision import Decision, Why
from rules.identity import derived
from rules.member import Member
from rules.members.forwarding import envelope, whole
from rules.members.merging import of_lots, sent, take_lots
from rules.points.lots import in_order, unheld
from rules.program import Program
from schemas.events import EventForwarded, MemberUnmerged
from schemas.events.merges import Forwarding


def unmerge(event: MemberUnmerged, cause: Cause, decision: Decision) -> Why | None:
    """What comes from now on is the member's own again; the survivor is asked for what the member brought."""
    member = decision.member
    if member.status != "merged":
        return "merge-not-possible", "the member is not merged"
    with_it = whole(event, member.member_id, 1).model_copy(update={"asked": tuple(sorted(member.absorbed))})
    into = envelope(derived(cause.key, "forwarded"), member.merged_into or "", event)
    decision.sent += (EventForwarded(**into, data=with_it),)
    member.status, member.merged_into = "enrolled" if member.enrolled_on else "provisional", None
    return None


def give_back(passed: Forwarding, cause: Cause, decision: Decision, program: Program) -> None:
    """To who un-merged, what is left of the lots that it and who merged into it brought; not what is held."""
    member = decision.member
    versions = {version for name in _going(passed) for version in member.absorbed.get(name, ())}
    open_lots = in_order(unheld(member, member.open_lots().values()))
    lots = [lot for lot in open_lots if lot.member_version in versions]
    take_lots(lots, cause, decision, program)
    decision.sent += tuple(sent(of_lots(lots, 0, member, back_to=passed.member), passed.member, cause))
    leave(passed, member)


def leave(passed: Forwarding, member: Member) -> None:
    """Who un-merged, and who had merged into it, are none of the draft's any more, which may be merged itself."""
    going = _going(passed)
    member.absorbed = {name: kept for name, kept in member.absorbed.items() if name not in going}


def _going(passed: Forwarding) -> tuple[str, ...]:
    return passed.member, *(passed.asked or ())
