"""What is kept of a member for signals: money in and out by day, last activity and contact, what matures when."""

from datetime import date, timedelta
from typing import Any, NamedTuple

Flows = tuple[tuple[date, int, int], ...]
"""Days with what came in and what went out, in minor units, in their order."""


class Watch(NamedTuple):
    """`matures` by account or holding; `raised` says when a signal was last raised, by its id and its subject."""

    active_on: date | None = None
    contacted_on: date | None = None
    flows: Flows = ()
    matures: tuple[tuple[str, date], ...] = ()
    raised: tuple[tuple[str, date], ...] = ()

    def flowed(self, day: date, change: int, keep_days: int) -> "Watch":
        """With a change of money on a day; days older than those kept are forgotten."""
        by_day = {on: (came, went) for on, came, went in self.flows}
        came, went = by_day.get(day, (0, 0))
        by_day[day] = (came + max(change, 0), went + max(-change, 0))
        since = max(by_day) - timedelta(days=keep_days)
        return self._replace(flows=tuple((on, *by_day[on]) for on in sorted(by_day) if on > since))

    def within(self, day: date, days: int) -> tuple[int, int]:
        """What came in and what went out in the days that end with `day`."""
        since = day - timedelta(days=days)
        inside = [(came, went) for on, came, went in self.flows if since < on <= day]
        return sum(came for came, _ in inside), sum(went for _, went in inside)

    def maturing(self, holding: str, day: date | None) -> "Watch":
        """With the day on which a holding matures; None where it has ended."""
        others = tuple(one for one in self.matures if one[0] != holding)
        return self._replace(matures=others if day is None else tuple(sorted((*others, (holding, day)))))

    def raising(self, name: str, day: date, keep_days: int) -> "Watch":
        since = day - timedelta(days=keep_days)
        others = tuple(one for one in self.raised if one[0] != name and one[1] > since)
        return self._replace(raised=tuple(sorted((*others, (name, day)))))

    def plain(self) -> list[Any]:
        return [
            self.active_on and self.active_on.isoformat(),
            self.contacted_on and self.contacted_on.isoformat(),
            [[on.isoformat(), came, went] for on, came, went in self.flows],
            [[name, on.isoformat()] for name, on in self.matures],
            [[name, on.isoformat()] for name, on in self.raised],
        ]

    @staticmethod
    def restored(row: list[Any]) -> "Watch":
        active, contacted, flows, matures, raised = row
        return Watch(
            active and date.fromisoformat(active),
            contacted and date.fromisoformat(contacted),
            tuple((date.fromisoformat(on), came, went) for on, came, went in flows),
            tuple((name, date.fromisoformat(on)) for name, on in matures),
            tuple((name, date.fromisoformat(on)) for name, on in raised),
        )


NOTHING_WATCHED = Watch()
