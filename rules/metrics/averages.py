"""Average daily balances: Σ of end-of-day balances ÷ days, over accounts and by the weights of their products.

The day on which money comes in counts, the day on which it has gone does not. Every day of a window counts, so an
account opened in mid-month counts for fewer days of the month.

A tier must not turn on one large day at the beginning of a quarter, so the score and the tiers read the last window
that is over. That average is kept in member state when the window closes, and again when it is corrected.
"""

from collections.abc import Iterator
from datetime import date, time, timedelta

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision
from rules.member import Member
from rules.metrics.averaged import Average, Balances
from rules.metrics.segments import Series, accounts, folded_until, integral, series_of
from rules.metrics.windows import Span
from rules.moment import Exact, Moment, Read
from rules.program import Program


def so_far(average: Average) -> Exact:
    """Of the window that holds the moment's day, through that day: minor units × days, and days, both × divisor.

    (0, 1) where the window has not begun. A window without a first day begins with the first balance told, and lasts
    at least as long as the days of which only the sum is kept.
    """
    _, balances, span_of = average

    def read(member: Member, moment: Moment) -> tuple[int, int]:
        span = span_of(member, moment.day)
        if span is None:
            return 0, 1
        until = moment.day.toordinal() + 1
        if not span.start:
            until = max(until, _no_longer_kept_until(member))
        start = span.start or _first_told(member, balances)
        if start is None or start >= until:
            return 0, 1
        return total(member, balances, Span(span.start, until)), (until - start) * balances.divisor

    return read


def of_last_window(average: Average, close_after_days: int) -> Read:
    """Of the last window that has closed; at the evening of a window's last day, of that one. Rounded down."""
    running = so_far(average)

    def read(member: Member, moment: Moment) -> int:
        kept = member.averages.get(average.metric)
        if moment.local.time() == time.max:
            span = average.span_of(member, moment.day)
            if span is not None and span.end == moment.day.toordinal() + 1:
                numerator, denominator = running(member, moment)
                return numerator // denominator
        if kept is None:
            before = _window_before(average, member, moment.day - timedelta(days=close_after_days))
            kept = _taken(average, member, before) if before is not None else None
        return kept[2] // kept[3] if kept else 0

    return read


def next_day(member: Member, program: Program, after: date) -> date | None:
    """The next day with which a window closes whose average the score or the tiers read."""
    if not program.daily_balances.standing or not (member.segments or member.holdings):
        return None
    delay = timedelta(days=program.periods.after_days)
    spans = (average.span_of(member, after + timedelta(days=1) - delay) for average in program.daily_balances.standing)
    ends = [span.end for span in spans if span is not None]
    return date.fromordinal(min(ends) - 1) + delay if ends else None


def fall_due(member: Member, program: Program, day: date, closed_through: date | None) -> None:
    """An account that begins makes the draft due when the first window closes that it may count in."""
    if program.daily_balances.standing:
        due = next_day(member, program, max(day - timedelta(days=1), closed_through or date.min))
        if due is not None:
            member.falls_due(due)


def keep(cause: Cause, decision: Decision, program: Program, _context: Context) -> None:
    """Keeps the averages of the windows that close with the day."""
    last = cause.moment.day - timedelta(days=program.periods.after_days)
    for average in program.daily_balances.standing:
        span = average.span_of(decision.member, last)
        if span is not None and span.end == last.toordinal() + 1:
            _remember(average, decision.member, span)


def correct(member: Member, program: Program, day: int, today: date) -> None:
    """Takes the kept averages again that a day lies in or before, and those never kept yet. `member` is a draft."""
    for average in program.daily_balances.standing:
        kept = member.averages.get(average.metric)
        if kept is None:
            span = _window_before(average, member, today - timedelta(days=program.periods.after_days))
        else:
            span = Span(kept[0], kept[1]) if day < kept[1] else None
        if span is not None:
            _remember(average, member, span)


def _remember(average: Average, member: Member, span: Span) -> None:
    member.averages = {**member.averages, average.metric: _taken(average, member, span)}


def _taken(average: Average, member: Member, span: Span) -> list[int]:
    days = (span.end - span.start) * average.balances.divisor
    return [span.start, span.end, total(member, average.balances, span), days]


def _window_before(average: Average, member: Member, day: date) -> Span | None:
    """The one that was over when the window that holds the day began."""
    span = average.span_of(member, day)
    return average.span_of(member, date.fromordinal(span.start - 1)) if span is not None else None


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


def _no_longer_kept_until(member: Member) -> int:
    return max((folded_until(member, account) for account in member.integrals), default=0)


def _first_told(member: Member, balances: Balances) -> int | None:
    days = [
        member.integrals.get(account, {}).get(product, series[0])[0]
        for account, product, series in _counted(member, balances)
    ]
    return min(days, default=None)
