"""A refund that comes before its purchase waits in member state until it comes, or until a close gives it up."""

from datetime import date, timedelta

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.member import Member
from rules.points.exchange import in_program_money
from rules.points.outstanding import Waiting
from rules.program import Program
from schemas import events as e

ONE_DAY = timedelta(days=1)


Refund = e.CardRefunded | e.TransactionReversed


def wait(event: Refund, original: bytes, cause: Cause, member: Member, program: Program) -> None:
    """The draft keeps the refund for its original."""
    data = event.data
    until = cause.moment.day + timedelta(days=program.refunds.waits_days)
    text = f"{event.id} of {event.source} takes back {data.original_id} of {data.original_source}"
    foreign = vars(cause.told.data) if cause.told and cause.exchange_rate else {}
    one = Waiting(
        cause.key, original, data.amount_minor, until, text, foreign.get("currency"), foreign.get("amount_minor")
    )
    member.waiting = (*member.waiting, one)
    member.falls_due(until - ONE_DAY)


def arrived(member: Member, key: bytes) -> tuple[Waiting, ...]:
    """Takes out of the draft what waited for this event, in the order in which it came."""
    found = tuple(one for one in member.waiting if one.original == key)
    if found:
        member.waiting = tuple(one for one in member.waiting if one.original != key)
    return found


def amount_of(one: Waiting, original: Cause, program: Program) -> int | None:
    """What comes back, by the rate of the original where both are of the same foreign money."""
    if one.told_minor is None or original.told is None or vars(original.told.data).get("currency") != one.currency:
        return one.amount_minor
    rate = program.exchange_rate(one.currency or "", original.moment.day)
    return in_program_money(one.told_minor, rate) if rate else one.amount_minor


def next_day(member: Member, _program: Program, after: date) -> date | None:
    """The next day on which a refund is given up."""
    return min((one.gives_up_on for one in member.waiting if one.gives_up_on > after), default=None)


def give_up(cause: Cause, decision: Decision, _program: Program, _context: Context) -> None:
    """Leaves to a person every refund that waited too long."""
    member = decision.member
    over = [one for one in member.waiting if one.gives_up_on <= cause.moment.day]
    if over:
        member.waiting = tuple(one for one in member.waiting if one.gives_up_on > cause.moment.day)
        for one in over:
            detail = f"{one.text}, which never came"
            decision.leave_to_a_person(one.key, "unmatched-original", detail)
