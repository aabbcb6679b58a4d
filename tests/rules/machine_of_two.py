"""Two members who turn out to be one, by other means than the engine's: pots of points, and uses of one allowance.

Points are 1 a yuan, valid for a month; of each year 4 units may be used. Both become one: pots keep their day and their
purchase, what one owes the other's points pay, and what is said later of either is said of the one that is left. If it
was a mistake, what is left in pots goes back to who brought them.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date

from tests.rules.machine import Pot, Purchase, month_on

UNITS, REVERSIBLE_DAYS = 4, 90


@dataclass
class Use:
    """Points by who brought them and pot, or units; `anew` once another allowance began."""

    who: str
    day: int
    units: int = 0
    anew: bool = False
    parts: list[tuple[str, Pot, int]] = field(default_factory=list)


@dataclass
class Purse:
    """`pots` are by purchase and by who brought them, nobody if they are one's own."""

    pots: dict[tuple[str, str], Pot] = field(default_factory=dict)
    owed: int = 0
    used: int = 0

    def in_order(self, first: str = "") -> list[tuple[str, Pot]]:
        pots = [(whose, pot) for (_, whose), pot in self.pots.items()]
        return sorted(pots, key=lambda one: (one[1].event != first, one[1].ends, one[1].order))

    def put(self, pot: Pot, points: int, whose: str = "") -> None:
        self.pots.setdefault((pot.event, whose), replace(pot, left=0)).left += points

    def fill(self, points: int) -> int:
        """What is left of points that come, when what is owed is paid."""
        self.owed, rest = max(self.owed - points, 0), max(points - self.owed, 0)
        return rest

    def take(self, points: int, first: str = "") -> None:
        for _, pot in self.in_order(first):
            gone = min(points, pot.left)
            pot.left, points = pot.left - gone, points - gone
        self.owed += points


@dataclass
class Two:
    day: int
    purses: dict[str, Purse] = field(default_factory=lambda: {"a": Purse(), "b": Purse()})
    purchases: dict[str, Purchase] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)
    one: bool = False

    def of(self, who: str) -> Purse:
        return self.purses["b" if self.one else who]

    def gain(self, who: str, event: str, cents: int) -> None:
        ends = month_on(date.fromordinal(self.day)).toordinal()
        purse = self.of(who)
        purse.put(Pot(event, 0, ends, len(self.purchases)), purse.fill(cents // 100))
        self.purchases[event] = Purchase(cents, "b" if self.one else who)

    def back(self, event: str, cents: int) -> bool:
        bought = self.purchases[event]
        left, awarded = bought.cents - bought.back, bought.cents // 100
        bought.back += min(cents, left)
        taken = awarded - awarded * (bought.cents - bought.back) // bought.cents
        self.of(bought.who).take(taken - bought.taken, event)
        bought.taken = taken
        return left > 0

    def spend(self, who: str, ref: str, points: int) -> bool:
        purse, parts = self.of(who), list[tuple[str, Pot, int]]()
        if points > sum(pot.left for pot in purse.pots.values()):
            return False
        for whose, pot in purse.in_order():
            here = min(points, pot.left)
            parts += [(whose, pot, here)] if here else []
            pot.left, points = pot.left - here, points - here
        self.uses[ref] = Use("b" if self.one else who, self.day, parts=parts)
        return True

    def wash(self, who: str, ref: str, units: int) -> bool:
        purse = self.of(who)
        if purse.used + units <= UNITS:
            purse.used += units
            self.uses[ref] = Use("b" if self.one else who, self.day, units)
        return ref in self.uses

    def give_back(self, ref: str) -> bool:
        """What has passed its day pays what is owed, where it was spent; units of an allowance that ended are gone."""
        if self.day - self.uses[ref].day > REVERSIBLE_DAYS:
            return False
        use = self.uses.pop(ref)
        purse, own = self.of(use.who), not self.one or use.who == "b"
        for whose, pot, points in sorted(use.parts, key=lambda p: (p[1].ends <= self.day, p[1].ends, p[1].order)):
            if pot.ends > self.day:
                purse.put(pot, purse.fill(points), whose if own else "a")
            elif own:
                purse.fill(points)
        if (self.one or not use.anew) and date.fromordinal(use.day).year == date.fromordinal(self.day).year:
            purse.used = max(0, purse.used - use.units)
        return True

    def merge(self) -> None:
        """What a brings pays what b owes; then b's points pay what a owed."""
        (a, b), self.one = self.purses.values(), True
        for _, pot in a.in_order():
            b.put(pot, b.fill(pot.left), "a")
        b.take(a.owed)
        b.used = min(UNITS, a.used + b.used)
        self.purses["a"] = Purse()

    @property
    def can_part(self) -> bool:
        """Whether of no purchase both have points: only the ledger's ids say whose of these are taken first."""
        known = {(pot.event, of) for use in self.uses.values() if use.who == "b" for of, pot, _ in use.parts}
        known |= self.of("b").pots.keys()
        return self.one and len({event for event, _ in known}) == len(known)

    def part(self) -> None:
        """What b used of a's points comes back to b later; the year's allowance is b's, and a begins anew."""
        (a, b), self.one = self.purses.values(), False
        for pot in [b.pots.pop(key) for key in [*b.pots] if key[1]]:
            a.put(pot, pot.left)
        for use in self.uses.values():
            use.parts, use.anew = [("", pot, points) for _, pot, points in use.parts], use.who == "a"

    def close(self) -> None:
        self.day += 1
        for purse in self.purses.values():
            if date.fromordinal(self.day).timetuple().tm_yday == 1:
                purse.used = 0
            purse.pots = {key: pot for key, pot in purse.pots.items() if pot.ends > self.day}

    def stands(self, who: str) -> tuple[int, int, dict[tuple[int, str], int], int]:
        purse, left = self.purses[who], Counter[tuple[int, str]]()
        for pot in purse.pots.values():
            left[pot.ends, pot.event] += pot.left
        return left.total(), purse.owed, {**+left}, purse.used
