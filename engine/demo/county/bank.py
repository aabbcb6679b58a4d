"""The county bank day by day: what is due, and what the bank says of it."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from engine.demo.county.holidays import closing, spring_festival
from engine.demo.county.people import TRADES, Account, Person

BANK: Final = "anping"
SOURCE: Final = "/banks/anping/core"
CURRENCY: Final = "CNY"

Spoken = tuple[str, dict[str, Any]]
"""The Kafka key, `bank/member`, and the CloudEvents JSON object."""
Hours = tuple[int, int]
"""Seconds of the day: the first one, and how many follow."""

AT_NIGHT: Final = (5 * 3600, 3600)
OFFICE: Final = (9 * 3600, 8 * 3600)
AWAKE: Final = (7 * 3600, 15 * 3600)


class Bank:
    """What is due on each day of the year stands in the agenda; whoever acts puts what follows into it.

    `keeper` does what is still to be done about people who are gone.
    """

    def __init__(self, year: int, rng: Random) -> None:
        self.rng = rng
        self.chance = rng.random
        self.year = year
        self.today = self.first = date(year, 1, 1)
        self.index = 0
        self.days = (date(year + 1, 1, 1) - self.first).days
        self.festival = (spring_festival(year) - self.first).days
        self.people: list[Person] = []
        self.keeper = Person(0, BANK, TRADES[0])
        self._agenda: list[list[tuple[int, int, Person, Callable[[], object]]]] = [[] for _ in range(self.days + 1)]
        self._planned = 0
        self._closing = {through + timedelta(days=1): day for day, through in closing(year)}
        self._spoken: list[Spoken] = []
        self._count = 0
        self._day = self._time = ""

    def plan(self, person: Person, days: int, hours: Hours, act: Callable[[], object]) -> None:
        """Something that `person` does so many days on, unless gone by then. Bounds: once the year runs, days ≥ 1."""
        index = self.index + days
        if index < self.days:
            self._planned += 1
            second = hours[0] + int(self.chance() * hours[1])
            self._agenda[index].append((second, self._planned, person, act))

    def year_through(self) -> Iterator[Spoken]:
        """Every day of the year in turn, and the close of the last one just after midnight."""
        for index in range(self.days + 1):
            self.index = index
            self.today = self.first + timedelta(days=index)
            self._day = self.today.isoformat()
            self._close()
            self._act()
            yield from self._spoken
            self._spoken.clear()

    def _act(self) -> None:
        due = sorted(self._agenda[self.index])
        self._agenda[self.index] = []
        for second, _, person, act in due:
            if not person.gone:
                self._time = f"{self._day}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}+08:00"
                act()

    def _close(self) -> None:
        business_date = self._closing.get(self.today)
        if business_date is None:
            return
        self._time = f"{self._day}T00:30:00+08:00"
        data = {
            "business_date": business_date.isoformat(),
            "through": (self.today - timedelta(days=1)).isoformat(),
        }
        event = self._event("business-day.closed.v1", "calendar", data)
        self._spoken.append((f"{BANK}/calendar", {**event, "businessdate": business_date.isoformat()}))

    def _event(self, kind: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
        self._count += 1
        return {
            "specversion": "1.0",
            "id": f"e{self.year}-{self._count:08}",
            "source": SOURCE,
            "type": kind,
            "subject": subject,
            "time": self._time,
            "businessdate": self._day,
            "data": data,
        }

    def say(self, person: Person, kind: str, data: dict[str, Any]) -> str:
        """Says something about a person, and answers by which id."""
        event = self._event(kind, person.id, data)
        self._spoken.append((person.key, event))
        id_: str = event["id"]
        return id_

    def move(self, person: Person, change: int, *, new_money: bool = False) -> None:
        """Money into or out of the person's account."""
        self.move_on(person, person.account, change, new_money=new_money)

    def move_on(self, person: Person, account: Account, change: int, *, new_money: bool = False) -> None:
        account.balance_minor += change
        account.sequence += 1
        data = {
            "account": account.id,
            "product": "demand",
            "balance_minor": account.balance_minor,
            "currency": CURRENCY,
            "change_minor": change,
            "new_money": new_money,
        }
        event = self._event("deposit.balance-changed.v1", person.id, data)
        event["sequence"] = account.sequence
        self._spoken.append((person.key, event))

    def pay(self, person: Person, amount: int) -> None:
        """Money out; who has too little brings cash to the counter first, in whole hundreds of yuan."""
        lacking = amount - person.account.balance_minor
        if lacking > 0:
            self.move(person, -(-lacking // 100_00) * 100_00, new_money=True)
        self.move(person, -amount)

    def happens(self, share: float) -> bool:
        """Draws whether something that happens to this share of the cases happens now."""
        return self.chance() < share

    def around(self, median: float, spread: float = 0.5) -> int:
        """An amount of whole yuan, in fen, that lies around a median in yuan."""
        return max(int(self.rng.lognormvariate(0, spread) * median), 1) * 100

    def days_to_festival(self) -> int:
        """Until the first day of the lunar year; negative after it."""
        return self.festival - self.index
