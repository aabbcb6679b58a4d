"""One member brought another: each has points by rules of its own, the second by an event that the engine says."""

from typing import Final

from rules.cause import Cause
from rules.decision import Decision, Why
from rules.identity import derived
from rules.members.forwarding import envelope
from rules.program import Program
from schemas.events import ReferralCompleted, ReferralWelcomed

WELCOMED: Final = "referral.welcomed.v1"
SELF: Final[Why] = ("self-referral", "who was brought is who brought them, perhaps by a merge")


def referred(
    event: ReferralCompleted | ReferralWelcomed, cause: Cause, decision: Decision, program: Program
) -> Why | None:
    """Each side of it, or why nobody was brought."""
    if isinstance(event, ReferralWelcomed):
        return SELF if event.data.referrer in (decision.member.member_id, *decision.member.kin.absorbed) else None
    return _refer(event, cause, decision, program)


def _refer(event: ReferralCompleted, cause: Cause, decision: Decision, program: Program) -> Why | None:
    """Tells who was brought, where a rule gives for it; nobody brings themself, or who merged into them."""
    member, brought = decision.member, event.data.referred_member
    if brought == member.member_id or brought in member.kin.absorbed:
        return SELF
    if WELCOMED in program.rules_on:
        into = envelope(derived(cause.key, "welcomed"), brought, event)
        decision.sent += (ReferralWelcomed.model_validate({**into, "data": {"referrer": member.member_id}}),)
    return None
