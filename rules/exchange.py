"""Foreign money in the program's currency, at the rate that was in force on the day it is of."""

from datetime import date
from typing import NamedTuple

from rules.numbers import rounded
from rules.program import Program
from schemas.events import AnyEvent


class Converted(NamedTuple):
    """The event with its money in the program's currency, and the id of the rate that made it so (USD/2026-01-01).

    Both are as they were when the event told of no foreign money.
    """

    event: AnyEvent
    rate_id: str | None


def converted(event: AnyEvent, program: Program, event_day: date) -> Converted | None:
    """None when the program has no rate for the currency on that day. Amounts are rounded half to even, each one alone.

    What takes an earlier event back is converted at that event's rate, so that the whole of it is the whole again.
    """
    told = vars(event.data)
    currency = told.get("currency")
    if currency is None or currency == program.currency:
        return Converted(event, None)
    rate = program.exchange_rate(currency, told.get("original_business_date") or event_day)
    if rate is None:
        return None
    money = {
        name: _converted(amount, rate.numerator, rate.denominator)
        for name, amount in told.items()
        if name.endswith("_minor") and amount is not None
    }
    of_program = event.data.model_copy(update={**money, "currency": program.currency})
    return Converted(event.model_copy(update={"data": of_program}), rate.id)


def _converted(amount_minor: int, numerator: int, denominator: int) -> int:
    converted_minor = rounded(abs(amount_minor) * numerator, denominator, "half-even")
    return converted_minor if amount_minor >= 0 else -converted_minor
