"""What an event would bring if it happened: decided as any other, and nothing is recorded."""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

from rules.context import Context
from rules.decide import decide
from rules.decision import Decision, Grant, Posting, Refusal
from rules.identity import derived
from rules.member import Member
from rules.program import Program
from schemas import events as e
from schemas.events.calendar import DayClose
from schemas.message import SOURCE

Hypothetical = (
    e.CardPurchased | e.DepositBalanceChanged | e.TermDepositOpened | e.WealthSubscribed | e.WealthValued
    | e.InsurancePremiumPaid | e.InsuranceValued | e.LoanDisbursed | e.LoanRepaid | e.LoanBalanceChanged | e.LoanSettled
    | e.PayrollCredited | e.BillPaid | e.ChannelActivated | e.TaskCompleted | e.ReferralCompleted
)  # fmt: skip
"""What a customer may wonder about: dealings that add something, and take nothing back."""

KEY: Final = derived(b"", "what-if")
"""Names every event that only might happen; nothing that it causes is kept."""


class Later(NamedTuple):
    """A posting of a close to come, and how many of its points only come because of the event."""

    posting: Posting
    more: int


class Outcome(NamedTuple):
    """`postings` and `grants` at once; `later` what the days to come bring beside what they bring anyway.

    `tier` is the one held at the end, `tier_otherwise` the one then held if the event did not happen.
    """

    refusal: Refusal | None
    postings: tuple[Posting, ...]
    grants: tuple[Grant, ...]
    later: tuple[Later, ...]
    tier: str | None
    tier_otherwise: str | None


def what_if(
    event: Hypothetical, member: Member, program: Program, context: Context, through: date | None = None
) -> Outcome:
    """Of a member with its open lots. `program` is in force when the event happens; days are closed through `through`.

    Bounds: of the days to come as many are decided as bring something, so a year of them takes milliseconds.
    """
    decision = decide(event, KEY, member, program, context)
    if decision.refusal is not None:
        return Outcome(decision.refusal, (), (), (), member.tier, member.tier)
    now = tuple(decision.postings), tuple(decision.grants)
    if through is None:
        return Outcome(None, *now, (), decision.member.tier, member.tier)
    then, otherwise = (_closed(one, through, program, context) for one in (decision.member, member))
    return Outcome(None, *now, tuple(_more(then, otherwise)), then.member.tier, otherwise.member.tier)


def _closed(member: Member, through: date, program: Program, context: Context) -> Decision:
    evening = program.in_force(through).evening(through).local
    days = DayClose(business_date=through, through=through)
    marker = e.BusinessDayClosed(id="what-if", source=SOURCE, subject=member.member_id, occurred_at=evening, data=days)
    return decide(marker, KEY, member, program, context)


def _more(then: Decision, otherwise: Decision) -> Iterable[Later]:
    """Postings that the event makes larger; closes name what they give by member and period, whatever came before."""
    anyway = {p.posting_id: p.points for p in otherwise.postings}
    for posting in then.postings:
        more = posting.points - anyway.get(posting.posting_id, 0)
        if more and posting.kind == "period":
            yield Later(posting, more)
