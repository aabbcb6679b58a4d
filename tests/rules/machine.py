"""A ledger of one member's points by other means: a list of pots of points, and nothing of the engine's.

Points are 1 a yuan of purchases, valid for a month; of bills too, but pending for five days. What comes back is taken
from the event's own pot, then from the others, then owed. Days are numbers; a pot is not valid from `ends` on.
"""

from calendar import monthrange
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date

PENDING_DAYS, HOLD_DAYS = 5, 2


def month_on(day: date) -> date:
    """The same day of the next month, or its last."""
    year, month = (day.year + 1, 1) if day.month == 12 else (day.year, day.month + 1)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass
class Pot:
    event: str
    left: int
    ends: int
    order: int
    released: int | None = None
    held: int = 0

    @property
    def free(self) -> int:
        return 0 if self.released else self.left - self.held


@dataclass
class Hold:
    parts: list[tuple[Pot, int]]
    lapses: tuple[int, int]


@dataclass
class Purchase:
    cents: int
    who: str = ""
    back: int = 0
    taken: int = 0


@dataclass
class Model:
    """`now` is the day's number and a minute of it, which rises with every event."""

    now: tuple[int, int]
    pots: list[Pot] = field(default_factory=list)
    owed: int = 0
    holds: dict[str, Hold] = field(default_factory=dict)
    purchases: dict[str, Purchase] = field(default_factory=dict)

    @property
    def balance(self) -> tuple[int, int, int, int]:
        """Available, pending, held, owed."""
        free, held = sum(p.free for p in self.pots), sum(p.held for p in self.pots)
        return free, sum(p.left for p in self.pots if p.released), held, self.owed

    def gain(self, event: str, points: int, cents: int | None = None, *, waits: bool = False) -> None:
        day = self.now[0]
        ends = month_on(date.fromordinal(day)).toordinal()
        pot = Pot(event, points, ends, len(self.pots), day + PENDING_DAYS if waits else None)
        self.pots.append(pot)
        if cents is not None:
            self.purchases[event] = Purchase(cents)
        if not waits:
            self.fill(pot)

    def fill(self, pot: Pot) -> None:
        filled = min(pot.left, self.owed)
        pot.left, self.owed = pot.left - filled, self.owed - filled

    def in_order(self) -> list[Pot]:
        return sorted(self.pots, key=lambda p: (p.ends, p.order))

    def back(self, event: str, cents: int | None) -> bool:
        """Whether anything of the event was left to take back."""
        bought = self.purchases[event]
        part = bought.cents - bought.back if cents is None else min(cents, bought.cents - bought.back)
        awarded = bought.cents // 100
        if not awarded or bought.back == bought.cents:
            return not awarded
        bought.back += part
        taken = awarded - awarded * (bought.cents - bought.back) // bought.cents
        missing, bought.taken = taken - bought.taken, taken
        own = [p for p in self.pots if p.event == event]
        own[1:] = sorted(own[1:], key=lambda p: p.ends)
        for pot in own + [p for p in self.in_order() if p not in own and not p.released]:
            gone = min(missing, pot.left - pot.held)
            pot.left, missing = pot.left - gone, missing - gone
        self.owed += missing
        return True

    def pick(self, points: int) -> list[tuple[Pot, int]] | None:
        """Free points that are valid today, soonest end first; None when there are too few."""
        parts = []
        for pot in self.in_order():
            taken = min(points, pot.free) if pot.ends > self.now[0] else 0
            parts += [(pot, taken)] if taken else []
            points -= taken
        return None if points else parts

    def hold(self, ref: str, points: int) -> bool:
        """Whether there are so many. What is past its time keeps nothing; that it has gone is told only with a hold."""
        afterwards = deepcopy(self)
        afterwards.lapse()
        if afterwards.pick(points) is None:
            return False
        self.lapse()
        parts = self.pick(points) or []
        for pot, taken in parts:
            pot.held += taken
        self.holds[ref] = Hold(parts, (self.now[0] + HOLD_DAYS, self.now[1]))
        return True

    def end(self, ref: str, captured: int) -> bool:
        """Takes so many of the points held, the first first; the others are free again. False where it cannot be."""
        hold = self.holds.get(ref)
        if hold is None or hold.lapses <= self.now or captured > sum(points for _, points in hold.parts):
            return False
        self.lapse()
        self.free(ref, captured)
        return True

    def free(self, ref: str, captured: int = 0) -> None:
        for pot, points in self.holds.pop(ref).parts:
            taken = min(captured, points)
            pot.held, pot.left, captured = pot.held - points, pot.left - taken, captured - taken

    def lapse(self) -> None:
        for ref in [ref for ref, hold in self.holds.items() if hold.lapses <= self.now]:
            self.free(ref)

    def close(self) -> None:
        """To the first instant of the next day."""
        self.now = (self.now[0] + 1, 0)
        self.lapse()
        for pot in self.in_order():
            if pot.released and pot.released <= self.now[0]:
                pot.released = None
                self.fill(pot)
            if pot.ends <= self.now[0]:
                pot.left = pot.held
