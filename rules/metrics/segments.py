"""Dated balances: what an account held at the end of each day, kept as the days on which that was told.

A segment is `[from_day, balance_minor, sequence]`, its day an ordinal; it lasts until the next one begins. A series is
the segments of one account under one product, in the order of their days. These are the stored JSON itself, so that
members whose balances nobody asks for pay nothing: lists are replaced when they change, never changed in place.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Final

from rules.member import Member

Segment = list[int]
Series = list[Segment]

LATE_DAYS: Final = 31
"""How far a correction may reach back behind the longest window that is read."""
MOST_DAYS: Final = 400
"""No more than so many days are kept, however long nobody closes a day."""


def told(member: Member, account: str, product: str, segment: Segment, keep_from: int) -> None:
    """The draft's account holds the segment's balance from its day on, up to the next day that was told of.

    What it held under another product ends there. Days before `keep_from` are only kept as an integral; what is told
    of those that were kept so before changes nothing any more.
    """
    if segment[0] < folded_until(member, account):
        return
    known = series_of(member, account)
    others = {other: series for other, series in known.items() if other != product}
    if _superseded(others.values(), segment):
        return
    after = {other: _ended(series, segment) for other, series in others.items()}
    after[product] = _until_another(_with(known.get(product, []), segment), after.values(), segment[0])
    kept: dict[str, Series] = {}
    for name, series in after.items():
        older, kept[name] = _split(series, keep_from)
        if older:
            _fold(member, account, name, older, kept[name][0][0])
    member.segments = {**member.segments, account: kept}


def end(member: Member, account: str, day: int) -> None:
    """The draft's account holds nothing from that day on, whatever was told of later days."""
    ended = {
        product: [*(segment for segment in series if segment[0] < day), [day, 0, max(s[2] for s in series)]]
        for product, series in series_of(member, account).items()
    }
    member.segments = {**member.segments, account: ended}


def series_of(member: Member, account: str) -> Mapping[str, Series]:
    """The account's series by product. One without segments has held its balance since that was last told."""
    known = member.segments.get(account)
    if known is not None:
        return known
    held = member.holdings.get(account)
    return {held.product: [[held.business_date.toordinal(), held.balance_minor, held.sequence]]} if held else {}


def accounts(member: Member) -> Iterable[str]:
    return member.segments.keys() | member.holdings.keys()


def balance_on(member: Member, account: str, day: int) -> int:
    """What the account held at the end of a day, as far as is known; 0 before it is known."""
    return sum(_held(series, day) for series in series_of(member, account).values())


def folded_until(member: Member, account: str) -> int:
    """The first day of which more than an integral is kept; 0 where that is all of them."""
    return max((until for _, until, _, _ in member.integrals.get(account, {}).values()), default=0)


def integral(series: Series, start: int, end: int, *, overdrawn: bool) -> int:
    """Σ of end-of-day balances over [start, end), in minor units × days; days below zero count only if `overdrawn`."""
    total, until = 0, end
    for from_day, balance_minor, _ in reversed(series):
        if from_day < until:
            if balance_minor > 0 or overdrawn:
                total += balance_minor * (until - max(from_day, start))
            until = from_day
        if from_day <= start:
            break
    return total


def _with(series: Series, segment: Segment) -> Series:
    """Of several segments of one day the highest sequence stands, of equals the last told."""
    day, _, sequence = segment
    if not series or series[-1][0] < day:
        return [*series, segment]
    at = bisect_right(series, day, key=_first_day)
    if not at or series[at - 1][0] != day:
        return [*series[:at], segment, *series[at:]]
    if series[at - 1][2] > sequence:
        return series
    return [*series[: at - 1], segment, *series[at:]]


def _superseded(others: Iterable[Series], segment: Segment) -> bool:
    """Whether the account was told of under another product with a higher sequence of the day."""
    day, _, sequence = segment
    return any(other[0] == day and other[2] > sequence for series in others for other in series)


def _until_another(series: Series, others: Iterable[Series], day: int) -> Series:
    """The series as it ends where the account was told of under another product later, unless it goes on there."""
    later = min((other for one in others for other in one if other[0] > day), default=None)
    own = next((segment[0] for segment in series if segment[0] > day), None)
    if later is None or (own is not None and own <= later[0]):
        return series
    return _with(series, [later[0], 0, later[2]])


def _ended(series: Series, segment: Segment) -> Series:
    day, _, sequence = segment
    return _with(series, [day, 0, sequence]) if _held(series, day) else series


def _held(series: Series, day: int) -> int:
    at = bisect_right(series, day, key=_first_day)
    return series[at - 1][1] if at else 0


def _first_day(segment: Segment) -> int:
    return segment[0]


def _split(series: Series, keep_from: int) -> tuple[Series, Series]:
    """Those that end before `keep_from` begins, and the others."""
    if len(series) == 1 or series[1][0] > keep_from:
        return [], series
    at = bisect_right(series, keep_from, key=_first_day) - 1
    return series[:at], series[at:]


def _fold(member: Member, account: str, product: str, older: Series, until: int) -> None:
    """Adds what is no longer kept by the day to `[since, until, above zero, below zero]`, in minor units × days."""
    of_account = member.integrals.get(account, {})
    since, folded, above, below = of_account.get(product, [older[0][0], older[0][0], 0, 0])
    positive = integral(older, folded, until, overdrawn=False)
    below += integral(older, folded, until, overdrawn=True) - positive
    folded_more = {**of_account, product: [since, until, above + positive, below]}
    member.integrals = {**member.integrals, account: folded_more}
