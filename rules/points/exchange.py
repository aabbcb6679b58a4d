"""Foreign money in the program's currency, at the rate that was in force on the day it is of."""

from datetime import date

from rules.identity import event_key
from rules.member import Member
from rules.numbers import rounded
from rules.parts import ExchangeRate
from rules.program import Program
from schemas.events import AnyEvent

Converted = tuple[AnyEvent, str | None]
"""The event with its money in the program's currency, and the id of the rate that made it so (USD/2026-01-01).

The event as it was, and None, when it told of no foreign money.
"""


def converted(event: AnyEvent, program: Program, event_day: date, member: Member) -> Converted | None:
    """None when the program has no rate for the currency on that day. Amounts are rounded half to even, each one alone.

    What takes an earlier event back is converted at that event's rate, so that the whole of it is the whole again: the
    one on its postings, the one that is remembered or, where it is not known, that of its business date.
    """
    told = vars(event.data)
    currency = told.get("currency")
    if currency is None or currency == program.currency:
        return event, None
    rate = _of_original(event, program, member)
    rate = rate or program.exchange_rate(currency, told.get("original_business_date") or event_day)
    if rate is None:
        return None
    money = {
        name: in_program_money(amount, rate)
        for name, amount in told.items()
        if name.endswith("_minor") and amount is not None
    }
    of_program = event.data.model_copy(update={**money, "currency": program.currency})
    return event.model_copy(update={"data": of_program}), rate.id


def _of_original(event: AnyEvent, program: Program, member: Member) -> ExchangeRate | None:
    told = vars(event.data)
    source, id_ = told.get("original_source"), told.get("original_id")
    if not member.origins or not source or not id_:
        return None
    key = event_key(member.bank, source, id_)
    used = {p.exchange_rate for p in member.origins.get(key, ()) if p.reverses is None}
    used |= {one.rate for one in member.unearned if one.key == key}
    rates = (rate for one in (program, *program.versions) for rate in one.exchange.get(told["currency"], ()))
    return next((rate for rate in rates if rate.id in used), None)


def in_program_money(amount_minor: int, rate: ExchangeRate) -> int:
    """Minor units of the program's currency, rounded half to even."""
    converted_minor = rounded(abs(amount_minor) * rate.numerator, rate.denominator, "half-even")
    return converted_minor if amount_minor >= 0 else -converted_minor
