"""Whatever is asked in whatever order, a redemption ends once, and no lot, balance or grant gives more than it has."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rules.spending.vouchers import Redemption
from tests.rules.till import Till

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1}}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
  - {id: task, on: task.completed, award: {points: 40, to: reward}, restrict: no-goods}
spending: {holds_at_most: 3, reverse_within_days: 20, returned_expired: POLICY}
benefits:
  wash: {network: car, units: 3, per: calendar-month, value: {ceiling: 10.00, excess: 1 points per 1.00},
         carry_over: {at_most: 1, months: 1}, companions: 1, at_most: 2 per week,
         converts_to: {ride: {units: 1, for: 1}}}
  ride: {network: car, price: 15 points, valid_days: 20}
"""
SHANGHAI = ZoneInfo("Asia/Shanghai")
POLICIES = ("expire-at-once", "new-expiry", "{grace_days: 3}")
REFS = st.integers(0, 7).map("r{}".format)
POINTS = st.integers(1, 60)
ENDS = {"voided", "lapsed", "reversed"}
FOLLOWS = {
    None: {"held", "captured"},
    "held": {"held", "captured", "voided", "lapsed"},
    "captured": {"captured", "reversed"},
}


class Spending(RuleBasedStateMachine):
    """One member at one shop, whose clock only goes forward; days close when they are over.

    `Till` looks at the ledger's identity and at every lot after each step.
    """

    at: datetime
    till: Till

    @initialize(policy=st.sampled_from(POLICIES))
    def begin(self, policy: str) -> None:
        self.at = datetime(2026, 1, 5, 4, tzinfo=UTC)
        self.till = Till(PROGRAM.replace("POLICY", policy))

    def ask(self, kind: str, **told: Any) -> None:
        self.till.ask(kind, self.at.isoformat(), **told)

    @rule(yuan=st.integers(1, 50))
    def earn(self, yuan: int) -> None:
        about = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "channel": "pos", "currency": "CNY"}
        self.ask("card.purchased", amount_minor=yuan * 100, **about)

    @rule()
    def earn_for_services(self) -> None:
        self.ask("task.completed", task="any")

    @rule(minutes=st.sampled_from((1, 15, 60, 1_440, 7 * 1_440)))
    def wait(self, minutes: int) -> None:
        before, self.at = self.at.astimezone(SHANGHAI).date(), self.at + timedelta(minutes=minutes)
        today = self.at.astimezone(SHANGHAI).date()
        if today > before:
            self.till.close((today - timedelta(days=1)).isoformat())

    @rule(ref=REFS, points=POINTS, at_once=st.booleans(), purpose=st.sampled_from(("goods", "services")))
    def spend(self, ref: str, points: int, at_once: bool, purpose: str) -> None:
        kind = "redemption.requested" if at_once else "redemption.hold-requested"
        self.ask(kind, merchant="shop-1", merchant_ref=ref, network="car", points=points, purpose=purpose)

    @rule(ref=REFS, at_once=st.booleans(), benefit=st.sampled_from(("wash", "ride")), yuan=st.integers(5, 30))
    def use(self, ref: str, at_once: bool, benefit: str, yuan: int) -> None:
        kind = "redemption.requested" if at_once else "redemption.hold-requested"
        told = {"merchant": "shop-1", "merchant_ref": ref, "network": "car", "benefit": benefit}
        self.ask(kind, **told, companions=yuan % 2, amount_minor=yuan * 100, currency="CNY")

    @rule(ref=REFS, points=st.none() | POINTS, keep=st.booleans())
    def capture(self, ref: str, points: int | None, keep: bool) -> None:
        told = {"points": points} if points else {}
        rest = "keep" if keep else "void"
        self.ask("redemption.capture-requested", merchant="shop-1", merchant_ref=ref, rest=rest, **told)

    @rule(ref=REFS)
    def void(self, ref: str) -> None:
        self.ask("redemption.void-requested", merchant="shop-1", merchant_ref=ref)

    @rule(ref=REFS, points=st.none() | POINTS)
    def reverse(self, ref: str, points: int | None) -> None:
        told = {"points": points} if points else {}
        self.ask("redemption.reversal-requested", merchant="shop-1", merchant_ref=ref, **told)

    @rule(buys=st.booleans())
    def exchange(self, buys: bool) -> None:
        if buys:
            self.ask("benefit.purchase-requested", benefit="ride")
        else:
            self.ask("benefit.conversion-requested", benefit="wash", into="ride")

    @property
    def rows(self) -> list[Redemption]:
        return [row for d in self.till.decided for row in d.redemptions]

    @invariant()
    def a_redemption_goes_forward_and_ends_once(self) -> None:
        states: dict[bytes, str] = {}
        for row in self.rows:
            before = states.get(row.redemption_id)
            assert before not in ENDS
            assert row.state in FOLLOWS[before]
            assert 0 <= row.expired <= row.returned <= row.captured <= row.points
            states[row.redemption_id] = row.state

    @invariant()
    def what_was_captured_and_not_returned_was_taken(self) -> None:
        last = {row.redemption_id: row for row in self.rows}
        bought = sum(15 for d in self.till.decided for g in d.grants if g.period == "bought")
        moved = sum(p.points for d in self.till.decided for p in d.postings if p.rule_id == "redemption")
        assert moved == -sum(row.captured - row.returned for row in last.values()) - bought

    @invariant()
    def what_is_held_is_what_holds_keep(self) -> None:
        last = {row.redemption_id: row for row in self.rows}
        held = [row.points - row.captured for row in last.values() if row.state == "held"]
        assert self.till.balance[1] == sum(held)
        assert len(self.till.member.holds) == len(held) <= 3

    @invariant()
    def no_grant_gives_more_units_than_it_has(self) -> None:
        given: Counter[bytes] = Counter()
        for decision in self.till.decided:
            given.update({grant.grant_id: grant.units or 0 for grant in decision.grants})
            given.subtract({revoked.grant_id: revoked.units or 0 for revoked in decision.revocations})
        used: Counter[bytes] = Counter()
        for row in {row.redemption_id: row for row in self.rows}.values():
            used.update(dict(row.grants))
        assert all(used[id_] <= given[id_] for id_ in used)
        for id_, grant in self.till.member.grants.items():
            assert (grant.units, grant.used) == (given[id_], used[id_])


TestSpending = Spending.TestCase
TestSpending.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
