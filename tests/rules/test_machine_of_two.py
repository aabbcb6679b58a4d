"""Two members earn, spend, use units, give back and get back, and turn out to be one, or not, at any moment.

The engine's ledger and an independent one (`tests.rules.machine_of_two`) must say the same after each step, and
`Family` looks at every identity of the rows. The long form (`--full`) is 10,000 histories of 50 steps.
"""

from collections import Counter
from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rules.identity import event_key
from rules.member import Balance
from tests.rules.family import Family
from tests.rules.machine_of_two import Two

PROGRAM = """\
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1}}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
benefits:
  wash: {network: car, units: 4, per: calendar-year}
"""
WHO = st.sampled_from("ab")
EVENTS = st.integers(0, 8).map("p{}".format)
REFS = st.integers(0, 8)
CENTS = st.integers(100, 9_000)


class Persons(RuleBasedStateMachine):
    """Two members on one clock, a minute for each event; days close when they are over."""

    @initialize(day=st.dates(date(2026, 1, 1), date(2028, 3, 1)))
    def begin(self, day: date) -> None:
        self.family = Family(PROGRAM, "")
        self.model = Two(day.toordinal())
        self.minute = 60
        self.asked: set[str] = set()
        for who in "ab":
            self.family.say(who, "member.enrolled", self.at())

    def at(self) -> str:
        self.minute += 1
        return f"{date.fromordinal(self.model.day)}T{self.minute // 60:02}:{self.minute % 60:02}"

    def took(self, refusals: list[str]) -> bool:
        return refusals == []

    @rule(who=WHO, event=EVENTS, cents=CENTS)
    def buy(self, who: str, event: str, cents: int) -> None:
        if event not in self.model.purchases:
            at = self.at()
            self.model.gain(who, event, cents)
            assert self.took(self.family.buys(who, at, cents / 100, event))

    @rule(said_of=WHO, event=EVENTS, cents=CENTS)
    def refund(self, said_of: str, event: str, cents: int) -> None:
        if event in self.model.purchases:
            who = said_of if self.model.one else self.model.purchases[event].who
            assert self.took(self.family.refund(who, self.at(), cents / 100, event)) == self.model.back(event, cents)

    @rule(who=WHO, number=REFS, points=st.integers(1, 60))
    def spend(self, who: str, number: int, points: int) -> None:
        ref = f"r{number}"
        if ref not in self.asked:
            took = self.took(self.family.redeem(who, self.at(), ref, points))
            assert took == self.model.spend(who, ref, points)
            self.asked |= {ref} if took else set()

    @rule(who=WHO, number=REFS, units=st.integers(1, 3))
    def wash(self, who: str, number: int, units: int) -> None:
        ref = f"w{number}"
        if ref not in self.asked:
            told = {"merchant": "shop-1", "merchant_ref": ref, "network": "car", "benefit": "wash", "units": units}
            took = self.took(self.family.say(who, "redemption.requested", self.at(), **told))
            assert took == self.model.wash(who, ref, units)
            self.asked |= {ref} if took else set()

    @rule(ref=st.builds("{}{}".format, st.sampled_from("rw"), REFS))
    def give_back(self, ref: str) -> None:
        if ref in self.model.uses:
            who = self.model.uses[ref].who
            assert self.took(self.family.gives_back(who, self.at(), ref)) == self.model.give_back(ref)

    @precondition(lambda self: not self.model.one)
    @rule()
    def merge(self) -> None:
        assert self.took(self.family.merge("a", self.at(), "b"))
        self.model.merge()

    @precondition(lambda self: self.model.can_part)
    @rule()
    def unmerge(self) -> None:
        assert self.took(self.family.say("a", "member.unmerged", self.at(), cause="mistake"))
        self.model.part()

    @rule(days=st.sampled_from((1, 1, 1, 5, 20, 95)))
    def close(self, days: int) -> None:
        last = date.fromordinal(self.model.day) + timedelta(days=days - 1)
        for _ in range(days):
            self.model.close()
        self.minute = 60
        self.family.close(last.isoformat())

    @invariant()
    def both_say_the_same(self) -> None:
        if hasattr(self, "family"):
            for who in "ab":
                assert self.stands(who) == self.model.stands(who)

    def stands(self, who: str) -> tuple[int, int, dict[tuple[int, str], int], int]:
        member = self.family.member(who)
        balance = member.balances.get("reward", Balance())
        event_of = {event_key("corner", "/s", event): event for event in self.model.purchases}
        left = Counter[tuple[int, str]]()
        for lot in self.family.memory.lots(member.member_id).values():
            left[lot.expires_on.toordinal() if lot.expires_on else 0, event_of[lot.event_key]] += lot.left
        return balance.available, balance.deficit, dict(left), sum(g.used for g in member.grants.values())


def test_the_engine_and_its_model_say_the_same_of_two(full: bool) -> None:
    examples = 10_000 if full else 60
    run_state_machine_as_test(Persons, settings=settings(max_examples=examples, stateful_step_count=50, deadline=None))
