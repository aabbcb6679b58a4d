"""Points that are earned, wait, are held, captured, let go, given back, adjusted, expire and come again, in any order.

The engine's ledger and an independent one (`tests.rules.machine`) must say the same after each step, and `Books` looks
at every identity of the rows. The long form (`--full`) is 10,000 histories of 50 steps.
"""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from rules.member import Balance
from tests.rules.books import Books
from tests.rules.machine import HOLD_DAYS
from tests.rules.machine_by_hand import ByHand

PROGRAM = """\
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1}}
adjustments:
  reasons: [goodwill]
  approvals: [{up_to: 1000, by: 1}]
  reinstate: {within_days: 20, valid_days: 10}
  extend: {at_most_days: 25}
spending: {holds_at_most: 100}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
  - {id: bill, on: bill.paid, award: {rate: 1 per 1.00, to: reward}, pending: {days: 5}}
"""
BILL = {"account": "a-1", "currency": "CNY", "biller": "b", "kind": "gas"}
CENTS = st.integers(1, 9_000)
POINTS = st.integers(1, 60)
REFS = st.integers(0, 20).map("r{}".format)
EVENTS = st.integers(0, 12).map("e{}".format)


class Points(RuleBasedStateMachine):
    """One member whose clock goes forward by a minute at each event; days close when they are over."""

    @initialize(day=st.dates(date(2026, 1, 1), date(2028, 3, 1)))
    def begin(self, day: date) -> None:
        self.books = Books(PROGRAM)
        self.model = ByHand((day.toordinal(), 60))
        self.used: set[str] = set()
        self.books.says("member.enrolled", self.at())

    def at(self) -> str:
        """A minute later than what came before."""
        day, minute = self.model.now
        self.model.now = (day, minute + 1)
        return f"{date.fromordinal(day)}T{(minute + 1) // 60:02}:{(minute + 1) % 60:02}:00+08:00"

    @rule(event=EVENTS, cents=CENTS)
    def buy(self, event: str, cents: int) -> None:
        if event not in self.model.purchases:
            self.model.gain(event, cents // 100, cents)
            self.books.buys(self.at(), cents / 100, event)

    @rule(event=EVENTS, cents=CENTS)
    def pay_a_bill(self, event: str, cents: int) -> None:
        if event not in self.model.purchases:
            self.model.gain(event, cents // 100, cents, waits=True)
            self.books.says("bill.paid", self.at(), event, amount_minor=cents, **BILL)

    @rule(event=EVENTS, cents=st.none() | CENTS)
    def give_back(self, event: str, cents: int | None) -> None:
        if event in self.model.purchases:
            came = self.model.back(event, cents)
            decision = self.books.reversal(self.at(), event, None if cents is None else cents / 100)
            assert (decision.refusal is None) == came

    @rule(ref=REFS, points=POINTS)
    def hold(self, ref: str, points: int) -> None:
        if ref not in self.used:
            at = self.at()
            held = self.model.hold(ref, points)
            self.used |= {ref} if held else set()
            told = {"network": "n", "points": points, "hold_minutes": HOLD_DAYS * 1440}
            self.asks("hold-requested", at, ref, expected=held, **told)

    @rule(ref=REFS, points=POINTS)
    def capture(self, ref: str, points: int) -> None:
        at = self.at()
        self.asks("capture-requested", at, ref, expected=self.model.end(ref, points), points=points, rest="void")

    @rule(ref=REFS)
    def void(self, ref: str) -> None:
        at = self.at()
        self.asks("void-requested", at, ref, expected=self.model.end(ref, 0))

    def asks(self, what: str, at: str, ref: str, *, expected: bool, **told: Any) -> None:
        decision = self.books.says(f"redemption.{what}", at, merchant="s", merchant_ref=ref, **told)
        assert (decision.refusal is None) == expected

    @rule(points=POINTS, up=st.booleans())
    def adjust(self, points: int, up: bool) -> None:
        if up:
            self.model.gain("by-hand", points)
        else:
            for pot, taken in self.model.pick(points) or ():
                pot.left -= taken
        self.by_hand("adjusted", points if up else -points)

    def by_hand(self, what: str, points: int, **days: int) -> bool:
        """Whether it was done."""
        at = self.at()
        told: dict[str, Any] = {"reason": "goodwill", "requested_by": "op-1", "approved_by": ("op-2",)}
        told |= {"requested_at": at} | {name: date.fromordinal(day) for name, day in days.items()}
        decision = self.books.says(f"points.{what}", at, point_type="reward", points=points, **told)
        return decision.refusal is None

    @rule(ago=st.integers(0, 25), points=POINTS)
    def reinstate(self, ago: int, points: int) -> None:
        """Days on which something expired are tried first."""
        days = [day for day, points in self.model.gone.items() if points] or [self.model.now[0] - ago]
        day = days[ago % len(days)]
        assert self.by_hand("reinstated", points, expired_on=day) == self.model.reinstate(day, points)

    @rule(which=st.integers(0, 9), longer=st.integers(1, 28), points=POINTS)
    def extend(self, which: int, longer: int, points: int) -> None:
        ends = [pot.ends for pot in self.model.pots if pot.free] or [self.model.now[0]]
        day = ends[which % len(ends)]
        done = self.by_hand("extended", points, expires_on=day, until=day + longer)
        assert done == self.model.extend(day, day + longer, points)

    @rule(days=st.sampled_from((1, 1, 1, 2, 5, 20)))
    def close(self, days: int) -> None:
        last = date.fromordinal(self.model.now[0]) + timedelta(days=days - 1)
        for _ in range(days):
            self.model.close()
        self.model.now = (self.model.now[0], 60)
        self.books.close(last.isoformat())

    @invariant()
    def both_say_the_same(self) -> None:
        if hasattr(self, "books"):
            b = self.books.member.balances.get("reward", Balance())
            assert (b.available, b.pending, b.held, b.deficit) == self.model.balance
            left, found = Counter[int](), Counter[int]()
            for pot in self.model.pots:
                left[pot.ends] += pot.left
            for lot in self.books.memory.lots(self.books.member.member_id).values():
                found[lot.expires_on.toordinal() if lot.expires_on else 0] += lot.left
            assert found == +left


def test_the_engine_and_its_model_say_the_same(full: bool) -> None:
    examples = 10_000 if full else 60
    run_state_machine_as_test(Points, settings=settings(max_examples=examples, stateful_step_count=50, deadline=None))
