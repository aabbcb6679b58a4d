"""An account changes its owner: the days until then stay with one, those from that day on are the other's."""

from collections.abc import Iterable
from datetime import date

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.identity import derived
from rules.member import Holding, Member
from rules.members.forwarding import envelope
from rules.metrics import averages
from rules.metrics.holdings import takes_holding
from rules.metrics.segments import balance_on, end, series_of
from rules.program import Program
from schemas.events import AccountOwnerChanged
from schemas.message import SOURCE


def change_owner(
    event: AccountOwnerChanged, cause: Cause, decision: Decision, program: Program, context: Context
) -> None:
    """The old owner gives the account up and the new one is told of it, with the balance that was known."""
    told, member = event.data, decision.member
    if event.source == SOURCE or told.new_owner == member.member_id:
        takes_holding(cause, member, program, context)
        return
    known = member.holdings.get(told.account)
    if known is not None and known.open:
        if known.family == "deposits":
            decision.sent += tuple(_passed_on(event, known, cause, member))
        _give_up(told.account, known, cause, member, program)


def _passed_on(
    event: AccountOwnerChanged, known: Holding, cause: Cause, member: Member
) -> Iterable[AccountOwnerChanged]:
    """What the new owner is told: the balance of that day, and of each later one that was told of already."""
    told, first = event.data, cause.business_date.toordinal()
    later = {s[0] for series in series_of(member, told.account).values() for s in series if s[0] > first}
    for day in (first, *sorted(later)):
        balance_minor = balance_on(member, told.account, day)
        if day == first and told.balance_minor is not None:
            balance_minor = told.balance_minor
        heading = envelope(derived(cause.key, f"owner:{day}"), told.new_owner, event)
        heading["business_date"] = date.fromordinal(day)
        payload = told.model_copy(update={"balance_minor": balance_minor, "currency": known.currency})
        yield AccountOwnerChanged(**heading, data=payload)


def _give_up(account: str, known: Holding, cause: Cause, member: Member, program: Program) -> None:
    """Nothing that was told of the account counts for the member from that day on."""
    day = cause.business_date.toordinal()
    if known.product in program.daily_balances.products or account in member.segments:
        end(member, account, day)
        averages.correct(member, program, day, cause.moment.day)
    told_on = max(cause.business_date, known.business_date)
    given_up = known._replace(balance_minor=0, open=False, business_date=told_on)
    member.holdings = {**member.holdings, account: given_up}
