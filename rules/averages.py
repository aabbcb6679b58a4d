"""Average daily balances: Σ of end-of-day balances ÷ days, over accounts and by the weights of their products.

The day on which money comes in counts, the day on which it has gone does not. Every day of a window counts, so an
account opened in mid-month counts for fewer days of the month.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from rules.member import Member
from rules.program import Moment
from rules.segments import Series, accounts, integral, series_of
from rules.windows import Span, SpanOf


class Balances(NamedTuple):
    """Which products count and how much of each: integer weights, all together ÷ `divisor`."""

    weights: Mapping[str, int]
    divisor: int
    overdrawn: bool


def average_so_far(balances: Balances, span_of: SpanOf) -> Callable[[Member, Moment], tuple[int, int]]:
    """Of the window that holds the moment's day, through that day: minor units × days, and days, both × divisor.

    (0, 1) where the window has not begun. A window without a first day begins with the first balance told.
    """

    def read(member: Member, moment: Moment) -> tuple[int, int]:
        span = span_of(member, moment.day)
        if span is None:
            return 0, 1
        until = moment.day.toordinal() + 1
        start = span.start or _first_told(member, balances)
        if start is None or start >= until:
            return 0, 1
        return total(member, balances, Span(span.start, until)), (until - start) * balances.divisor

    return read


def total(member: Member, balances: Balances, span: Span) -> int:
    """Σ of end-of-day balances × weight over the span's days, in minor units × days."""
    found = 0
    for account, product, series in _counted(member, balances):
        days = integral(series, span.start, span.end, overdrawn=balances.overdrawn)
        if not span.start:
            days += _no_longer_kept(member, account, product, balances)
        found += days * balances.weights[product]
    return found


def _counted(member: Member, balances: Balances) -> Iterator[tuple[str, str, Series]]:
    for account in accounts(member):
        for product, series in series_of(member, account).items():
            if product in balances.weights:
                yield account, product, series


def _no_longer_kept(member: Member, account: str, product: str, balances: Balances) -> int:
    _, _, above, below = member.integrals.get(account, {}).get(product, (0, 0, 0, 0))
    return above + below if balances.overdrawn else above


def _first_told(member: Member, balances: Balances) -> int | None:
    days = [
        member.integrals.get(account, {}).get(product, series[0])[0]
        for account, product, series in _counted(member, balances)
    ]
    return min(days, default=None)
