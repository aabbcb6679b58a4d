"""Two members who turn out to be one, by other means than the engine's: pots of points, and uses of one allowance.

Points are 1 a yuan, valid for a month; of each year 4 units may be used. Both become one: pots keep their day and their
purchase, what one owes the other's points pay, and what is said later of either is said of the one that is left.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from tests.rules.machine import Pot, month_on

UNITS, REVERSIBLE_DAYS = 4, 90


@dataclass
class Purchase:
    who: str
    cents: int
    back: int = 0
    taken: int = 0


@dataclass
class Use:
    """Points by pot, or units, of a day; `who` has them now."""

    who: str
    day: int
    parts: list[tuple[Pot, int]] = field(default_factory=list)
    units: int = 0


@dataclass
class Purse:
    pots: list[Pot] = field(default_factory=list)
    owed: int = 0
    used: int = 0

    def in_order(self) -> list[Pot]:
        return sorted(self.pots, key=lambda p: (p.ends, p.order))

    def fill(self, points: int) -> int:
        """What is left of points that come, when what is owed is paid."""
        paid = min(points, self.owed)
        self.owed -= paid
        return points - paid

    def take(self, points: int, first: str | None = None) -> None:
        """From the pots of a purchase first, then of the others; what is missing is owed."""
        own = [p for p in self.in_order() if p.event == first]
        for pot in own + [p for p in self.in_order() if p.event != first]:
            gone = min(points, pot.left)
            pot.left, points = pot.left - gone, points - gone
        self.owed += points


@dataclass
class Two:
    """`day` is the day's number. What is earned has the order of its purchases."""

    day: int
    purses: dict[str, Purse] = field(default_factory=lambda: {"a": Purse(), "b": Purse()})
    purchases: dict[str, Purchase] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)
    one: bool = False

    def of(self, who: str) -> Purse:
        return self.purses["b" if self.one else who]

    def gain(self, who: str, event: str, cents: int) -> None:
        ends = month_on(date.fromordinal(self.day)).toordinal()
        self.of(who).pots.append(Pot(event, self.of(who).fill(cents // 100), ends, len(self.purchases)))
        self.purchases[event] = Purchase(who, cents)

    def back(self, event: str, cents: int) -> bool:
        """Whether anything was left of the purchase."""
        bought = self.purchases[event]
        if bought.back == bought.cents:
            return False
        bought.back += min(cents, bought.cents - bought.back)
        awarded = bought.cents // 100
        taken = awarded - awarded * (bought.cents - bought.back) // bought.cents
        self.of(bought.who).take(taken - bought.taken, event)
        bought.taken = taken
        return True

    def spend(self, who: str, ref: str, points: int) -> bool:
        parts = list[tuple[Pot, int]]()
        for pot in self.of(who).in_order():
            here = min(points, pot.left)
            parts += [(pot, here)] if here else []
            points -= here
        if points:
            return False
        for pot, here in parts:
            pot.left -= here
        self.uses[ref] = Use("b" if self.one else who, self.day, parts)
        return True

    def wash(self, who: str, ref: str, units: int) -> bool:
        if self.of(who).used + units > UNITS:
            return False
        self.of(who).used += units
        self.uses[ref] = Use("b" if self.one else who, self.day, units=units)
        return True

    def give_back(self, ref: str) -> bool:
        """What has passed its day pays what is owed, where it was spent; units of last year are gone."""
        use = self.uses[ref]
        if self.day - use.day > REVERSIBLE_DAYS:
            return False
        purse, own = self.of(use.who), not self.one or use.who == "b"
        for pot, points in sorted(use.parts, key=lambda part: (part[0].ends <= self.day, part[0].ends, part[0].order)):
            if pot.ends > self.day:
                pot.left += purse.fill(points)
            elif own:
                purse.fill(points)
        if date.fromordinal(use.day).year == date.fromordinal(self.day).year:
            purse.used = max(0, purse.used - use.units)
        del self.uses[ref]
        return True

    def merge(self) -> None:
        """What a brings pays what b owes; then b's points pay what a owed."""
        a, b, self.one = self.purses["a"], self.purses["b"], True
        for pot in a.in_order():
            pot.left = b.fill(pot.left)
        b.pots += a.pots
        b.take(a.owed)
        b.used = min(UNITS, a.used + b.used)
        self.purses["a"] = Purse()

    def close(self) -> None:
        """To the next day."""
        if date.fromordinal(self.day + 1).year > date.fromordinal(self.day).year:
            for purse in self.purses.values():
                purse.used = 0
        self.day += 1
        for purse in self.purses.values():
            for pot in purse.pots:
                pot.left = pot.left if pot.ends > self.day else 0

    def stands(self, who: str) -> tuple[int, int, dict[tuple[int, str], int], int]:
        """Points, what is owed, points by end and purchase, and units used."""
        purse, left = self.purses[who], Counter[tuple[int, str]]()
        for pot in purse.pots:
            left[pot.ends, pot.event] += pot.left
        return sum(left.values()), purse.owed, {k: n for k, n in left.items() if n}, purse.used
