"""What holds for every sequence of events, whatever the program gives."""

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.context import Context
from rules.decide import decide
from rules.decision import Decision
from rules.identity import event_key
from rules.language.load import load
from rules.member import Balance, Member
from rules.numbers import rounded
from rules.periods import windows
from schemas.events import MODELS, AnyEvent

PROGRAM = load("""\
program: properties
semantics: 1
version: 2025-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, cap: {member-week: 4000}}
  growth: {spendable: false}
metrics: {deposits: {balance: {products: [demand]}}, grown: {points: growth, over: calendar-year}}
budgets: {campaign: {points: 3000}}
groups: {either: {choose: best}}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 3.00, to: [reward, growth]}, cap: {member-day: 500, event: 300}}
  - {id: double, on: card.purchased, multiply: {by: 2, points: reward}, cap: {member-month: 1000}}
  - {id: food, on: card.purchased, when: {mcc: 5411}, multiply: {by: 1.5, points: reward, compound: true}}
  - {id: kept, on: bill.paid, award: {rate: 1 per 7.00, to: growth}, carry: true}
  - {id: up, on: bill.paid, award: {rate: 1 per 9.00, to: reward}, rounding: up, budget: campaign}
  - {id: even, on: payroll.credited, award: {rate: 1 per 3.00, to: reward}, rounding: half-even, group: either}
  - {id: half, on: payroll.credited, award: {rate: 1 per 4.00, to: reward}, rounding: half-up, group: either}
score: [{metric: deposits, points: 1 per 100.00, at_most: 90}]
tiers: {ladder: [{id: basic}, {id: core, any: [{grown: 300}, {score: 20}]}, {id: top, any: [{deposits: 9000.00}]}]}
benefits: {wash: {network: car, units: {core: 3, top: 8}, per: calendar-year}}
""")
BOUNDS = {
    ("spend", "day"): 500, ("double", "month"): 1000, ("reward", "week"): 4000,
}  # fmt: skip
START = datetime(2026, 1, 1, tzinfo=UTC)
CURRENCY = {"currency": "CNY"}

money = st.integers(0, 300_000)
minutes = st.integers(0, 120 * 24 * 60)
told = st.one_of(
    st.builds(
        lambda amount, mcc: (
            "card.purchased.v1",
            {"card": "c1", "amount_minor": amount, "mcc": mcc, "merchant": "m1", "channel": "pos", **CURRENCY},
        ),
        money, st.sampled_from(["5411", "5812"]),
    ),
    st.builds(
        lambda amount: (
            "bill.paid.v1", {"account": "a1", "amount_minor": amount, "biller": "b1", "kind": "water", **CURRENCY}
        ),
        money,
    ),
    st.builds(
        lambda amount: ("payroll.credited.v1", {"account": "a1", "amount_minor": amount, "kind": "salary", **CURRENCY}),
        money,
    ),
    st.builds(
        lambda balance: (
            "deposit.balance-changed.v1", {"account": "a1", "product": "demand", "balance_minor": balance, **CURRENCY}
        ),
        st.integers(-1000, 2_000_000),
    ),
    st.sampled_from([
        ("member.enrolled.v1", {}),
        ("member.closed.v1", {"cause": "left"}),
        ("member.merged.v1", {"into": "m-2"}),
        ("bill.paid.v1", {"account": "a1", "amount_minor": 9, "biller": "b1", "kind": "gas", "currency": "EUR"}),
        ("bill.paid.v1", {"account": "a1", "amount_minor": 10**14, "biller": "b1", "kind": "gas", **CURRENCY}),
    ]),
)  # fmt: skip
histories = st.lists(st.tuples(told, minutes), max_size=25)


def event_of(kind: str, fields: dict[str, Any], minute: int, number: int) -> AnyEvent:
    at = START + timedelta(minutes=minute)
    return MODELS[kind].model_validate(
        {"id": f"e-{number}", "source": "/s", "subject": "m-1", "occurred_at": at, "data": fields}
    )


def through(history: list[Any]) -> list[tuple[AnyEvent, Member, Decision]]:
    """Each event with the member before it and the decision; two hundred points of growth are owed at the start."""
    member = Member("bank", "m-1", status="enrolled", balances={"growth": Balance(deficit=200)}, lots={}, origins={})
    room = {"campaign": PROGRAM.budgets["campaign"].units}
    steps = []
    for number, ((kind, fields), minute) in enumerate(history):
        event = event_of(kind, fields, minute, number)
        decision = decide(event, event_key("bank", "/s", event.id), member, PROGRAM, Context(dict(room)))
        room["campaign"] -= decision.budget_used.get("campaign", 0)
        steps.append((event, member, decision))
        member = decision.member
    return steps


@given(histories)
@settings(deadline=None)
def test_the_same_input_gives_the_same_rows_and_leaves_its_member_alone(history: list[Any]) -> None:
    for event, member, decision in through(history):
        before = deepcopy(member)
        room = Context({"campaign": 500})
        once = decide(event, b"k" * 16, member, PROGRAM, room)
        assert member == before
        assert decide(event, b"k" * 16, member, PROGRAM, room) == once
        assert decision.member.version == member.version + 1


@given(histories)
@settings(deadline=None)
def test_each_posting_is_explained_by_its_own_numbers(history: list[Any]) -> None:
    for _, _, decision in through(history):
        for p in decision.postings:
            if p.kind not in ("base", "bonus", "multiplier"):
                assert p.points == p.desired_points
                assert p.basis == abs(p.points)
                continue
            exact = Fraction(p.basis * p.rate_numerator, p.rate_denominator) + Fraction(p.carried or 0)
            assert p.desired_points == rounded(exact.numerator, exact.denominator, p.rounding)  # type: ignore[arg-type]
            assert 0 <= p.points <= p.desired_points
            assert (p.capped_by is None) == (p.points == p.desired_points)


@given(histories)
@settings(deadline=None)
def test_no_window_gives_more_than_its_bound_however_late_events_come(history: list[Any]) -> None:
    postings = [p for _, _, decision in through(history) for p in decision.postings]
    assert all(p.points <= 300 for p in postings if p.rule_id == "spend")
    assert sum(p.points for p in postings if p.rule_id == "up") <= 3000
    for (name, period), most in BOUNDS.items():
        given_in: Counter[tuple[str, str]] = Counter()
        for p in (p for p in postings if name in (p.rule_id, p.point_type)):
            given_in[p.point_type, getattr(windows(p.event_day), period)] += p.points
        assert max(given_in.values(), default=0) <= most


@given(histories)
@settings(deadline=None)
def test_postings_add_up_to_what_is_held_or_owed(history: list[Any]) -> None:
    posted: Counter[str] = Counter({"growth": -200})
    for _, _, decision in through(history):
        posted.update({p.point_type: 0 for p in decision.postings})
        for p in decision.postings:
            posted[p.point_type] += p.points
        for name, balance in decision.member.balances.items():
            assert posted[name] == balance.available + balance.pending + balance.held - balance.deficit
            assert min(balance.available, balance.pending, balance.held, balance.deficit) >= 0


@given(histories)
@settings(deadline=None)
def test_a_refusal_moves_nothing(history: list[Any]) -> None:
    for _, member, decision in through(history):
        if decision.refusal:
            unmoved = member.draft()
            unmoved.version += 1
            expected = Decision(unmoved)
            expected.refusal = decision.refusal
            assert decision == expected


@given(histories)
@settings(deadline=None)
def test_tiers_never_fall_and_no_unit_is_granted_twice(history: list[Any]) -> None:
    units: Counter[str] = Counter()
    for _, member, decision in through(history):
        after = decision.member
        if after.status != "merged":  # what it had is the survivor's
            assert PROGRAM.ranks.get(after.tier or "", -1) >= PROGRAM.ranks.get(member.tier or "", -1)
        for grant in decision.grants:
            units[grant.period] += grant.units or 0
            assert units[grant.period] <= 8


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=6))
@settings(deadline=None)
def test_splitting_a_purchase_never_earns_more(parts: list[int]) -> None:
    def earned(amounts: list[int]) -> int:
        fields = {"card": "c1", "mcc": "5812", "merchant": "m1", "channel": "pos", **CURRENCY}
        history = [(("card.purchased.v1", {**fields, "amount_minor": a}), 0) for a in amounts]
        return sum(p.points for _, _, d in through(history) for p in d.postings if p.rule_id == "double")

    assert earned(parts) <= earned([sum(parts)])


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=6))
@settings(deadline=None)
def test_splitting_a_bill_earns_the_same_when_fractions_are_carried(parts: list[int]) -> None:
    def earned(amounts: list[int]) -> int:
        fields = {"account": "a1", "biller": "b1", "kind": "water", **CURRENCY}
        history = [(("bill.paid.v1", {**fields, "amount_minor": a}), 0) for a in amounts]
        return sum(p.points for _, _, d in through(history) for p in d.postings if p.rule_id == "kept")

    assert earned(parts) == earned([sum(parts)]) == sum(parts) // 700
