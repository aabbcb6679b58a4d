"""What the bank told about a member, and what it had told of each day, for programs that ask.

A change counts from the day of the event that told it; what enrolment tells first counts for the time before it too.
Late changes leave later ones as they are. Only what a program's conditions ask of (`ASKED`) is kept by the day.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any, Final

ASKED: Final[Mapping[str, str]] = {
    "segment": "segments", "branch": "branch", "region": "region", "manager": "manager",
}  # fmt: skip
"""The words of conditions, and the fields that they ask of."""
DAYS_KEPT: Final = 400
"""A change is forgotten when a later one is older than so many days, as of the last that was told."""
CHANGES_KEPT: Final = 50
"""Of one field, the latest; what is older than all of them is as the first of them says."""
_EVER: Final = 0

Series = tuple[tuple[int, Any], ...]
"""The ordinal of the day from which a value counts, and the value, in the order of the days."""


@dataclass(slots=True, frozen=True)
class Profile:
    """What the bank told about the member: never a name, a phone or an identity number.

    `dated` has the fields that were told again since some program asks of them; its last entries are the fields' own
    values, with the last day on which each was told.
    """

    joined_on: date | None = None
    birth_month: int | None = None
    birth_day: int | None = None
    branch: str | None = None
    region: str | None = None
    segments: tuple[str, ...] = ()
    manager: str | None = None
    deputy: str | None = None
    dated: Mapping[str, Series] = field(default_factory=dict)

    def on(self, name: str, day: date) -> Any:
        """A field as it was on a day; before the first day that is known, as on that."""
        series = self.dated.get(name) if self.dated else None
        if series is None:
            return getattr(self, name)
        return series[max(bisect_right(series, day.toordinal(), key=_first_day) - 1, 0)][1]

    def plain(self) -> list[Any]:
        joined = self.joined_on.isoformat() if self.joined_on else None
        birthday = (self.birth_month, self.birth_day)
        row = [joined, *birthday, self.branch, self.region, list(self.segments), self.manager, self.deputy]
        return [*row, {name: _plain(series) for name, series in self.dated.items()}] if self.dated else row

    @staticmethod
    def restored(row: list[Any]) -> "Profile":
        joined = date.fromisoformat(row[0]) if row[0] else None
        dated = (
            {name: _restored(series) for name, series in row[8].items()} if len(row) > len(NO_PROFILE.plain()) else {}
        )
        return Profile(joined, row[1], row[2], row[3], row[4], tuple(row[5]), row[6], row[7], dated)


NO_PROFILE: Final = Profile()


def told(profile: Profile, changes: Mapping[str, Any], day: date, asked: frozenset[str], *, enrols: bool) -> Profile:
    """The profile with what an event of a day tells; of fields that are `asked` what was before is kept."""
    dated, now = dict(profile.dated), dict(changes)
    for name in sorted(asked & changes.keys()):
        known = dated.pop(name, ((_EVER, getattr(profile, name)),))
        if enrols and name not in profile.dated and not known[-1][1]:
            continue
        series = _with(known, day.toordinal(), changes[name])
        now[name] = series[-1][1]
        if len(series) > 1:
            dated[name] = series
    return replace(profile, **now, dated=dated)


def _with(known: Series, day: int, value: Any) -> Series:
    """Of several values of one day the one told last stands; a value that does not change begins once.

    The last day on which one was told stays known even so: what is told late of a day before it ends there.
    """
    whole = [*(one for one in known if one[0] < day), (day, value), *(one for one in known if one[0] > day)]
    changes = [whole[0], *(one for before, one in pairwise(whole) if one[1] != before[1] or one is whole[-1])]
    forgotten = bisect_right(changes, changes[-1][0] - DAYS_KEPT, key=_first_day) - 1
    return tuple(changes[max(forgotten, len(changes) - CHANGES_KEPT, 0) :])


def _first_day(one: tuple[int, Any]) -> int:
    return one[0]


def _plain(series: Series) -> list[list[Any]]:
    return [[day, list(value) if isinstance(value, tuple) else value] for day, value in series]


def _restored(rows: Iterable[list[Any]]) -> Series:
    return tuple((day, tuple(value) if isinstance(value, list) else value) for day, value in rows)
