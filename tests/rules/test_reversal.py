"""Money that comes back: what is taken back of what, in which order, and what is left to owe."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.books import MEMBER, Books

PROGRAM = """\
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 1}}
  growth: {spendable: false}
metrics:
  spend: {sum: card.purchased.amount, over: calendar-month}
  food: {sum: card.purchased.amount, over: calendar-month, when: {mcc: 5411}}
  online: {sum: card.purchased.amount, over: calendar-month, when: {channel: online}}
  buys: {count: card.purchased, over: calendar-month}
  bills: {sum: bill.paid.amount, over: calendar-month}
  grown: {points: growth, over: calendar-month}
earn:
  - {id: card, on: card.purchased, award: {rate: 1 per 1.00, to: [reward, growth]}, cap: {member-month: 500}}
  - {id: bill, on: bill.paid, award: {rate: 1 per 1.00, to: reward}}
"""
DEFICIT = "expires: {after_months: 1}"


def balance(books: Books, point_type: str = "reward") -> tuple[int, int]:
    """Available and owed."""
    b = books.member.balances[point_type]
    return b.available, b.deficit


def metrics(books: Books, at: str) -> dict[str, int]:
    """Those that are not zero, in the window of a day."""
    program = books.memory.programs.versions[0]
    moment = program.morning(date.fromisoformat(at))
    read = {name: read(books.member, moment) for name, read in program.metrics.items()}
    return {name: value for name, value in read.items() if value}


# The purchase's 100 points have expired on 2 March, 30 of a bill are there: 30 are taken, 70 are missing.
# floor -50: 50 are owed and 20 forgiven. A purchase of 60 first fills what is owed: 60 - 50 = 10, and so on.
POLICIES: list[tuple[str, tuple[int, int], int, tuple[int, int]]] = [
    ("", (0, 70), -100, (0, 10)),
    (", on_reversal: unlimited", (0, 70), -100, (0, 10)),
    (", deficit: {floor: -50}", (0, 50), -80, (10, 0)),
    (", deficit: {floor: 0}", (0, 0), -30, (60, 0)),
    (", on_reversal: within-balance", (0, 0), -30, (60, 0)),
    (", on_reversal: only-pending", (30, 0), 0, (90, 0)),
]


@pytest.mark.parametrize(("policy", "then", "posted", "after_sixty"), POLICIES, ids=[p[0] for p in POLICIES])
def test_what_is_missing_is_owed_as_far_as_the_policy_goes(
    policy: str, then: tuple[int, int], posted: int, after_sixty: tuple[int, int]
) -> None:
    books = Books(PROGRAM.replace(DEFICIT, DEFICIT + policy))
    books.buys("2026-02-02", 100, "p-1")
    books.close("2026-03-01")
    books.says("bill.paid", "2026-03-02", account="a-1", amount_minor=3000, currency="CNY", biller="b", kind="gas")
    decision = books.gets_back("2026-03-03", 100, "p-1")
    reward = next(p for p in decision.postings if p.point_type == "reward")
    assert (reward.points, reward.desired_points, balance(books)) == (posted, -100, then)
    assert (reward.capped_by is None) == (posted == -100)
    books.buys("2026-03-04", 60)
    assert balance(books) == after_sixty


def test_own_lots_are_taken_before_others_that_expire_sooner() -> None:
    """Own 100, others 40 (sooner): the own lot loses 80 of 100 and the others nothing."""
    books = Books(PROGRAM)
    books.buys("2026-02-01", 40, "sooner")
    books.buys("2026-02-02", 100, "own")
    books.gets_back("2026-02-03", 80, "own")
    left = {lot.points: lot.left for lot in books.memory.lots(MEMBER).values() if lot.point_type == "reward"}
    assert left == {40: 40, 100: 20}


def test_each_reversed_posting_has_one_of_its_own_with_its_money() -> None:
    books = Books(PROGRAM)
    bought = books.buys("2026-02-01", 100, "p-1")
    back = books.gets_back("2026-02-03", 80, "p-1")
    assert {(p.kind, p.reverses, p.points, p.amount_minor) for p in back.postings} == {
        ("reversed", p.posting_id, -80, 8000) for p in bought.postings
    }
    assert len(back.postings) == len(bought.postings)
    assert {a.debit_id for a in back.allocations} == {p.posting_id for p in back.postings}


def test_an_over_refund_is_refused_when_nothing_is_left() -> None:
    books = Books(PROGRAM)
    books.buys("2026-02-01", 100, "p-1")
    books.gets_back("2026-02-03", 130, "p-1")
    refusal = books.gets_back("2026-02-04", 5, "p-1").refusal
    assert refusal is not None
    assert (refusal.reason, balance(books)) == ("reversed-already", (0, 0))


def test_a_refund_too_small_for_a_point_still_counts_as_money() -> None:
    """3 points of 100.00 (1 per 30.00) by parts of 1: 3 x 99 / 100 leaves 2, then 2 down to 66 left; at 65 one more."""
    books = Books(PROGRAM.replace("rate: 1 per 1.00, to: [reward, growth]", "rate: 1 per 30.00, to: reward"))
    books.buys("2026-02-01", 100, "p-1")
    left = []
    for _ in range(100):
        books.gets_back("2026-02-03", 1, "p-1")
        left.append(balance(books)[0])
    assert left == [3 * (99 - i) // 100 for i in range(100)]


def test_metrics_go_back_in_the_window_of_the_purchase() -> None:
    """100 of food in February, 40 back in March; in April 10 of it twice; the count goes with the last part."""
    books = Books(PROGRAM)
    books.buys("2026-02-28", 100, "p-1")
    books.buys("2026-03-01", 7)
    assert metrics(books, "2026-02-28") == {"spend": 10000, "food": 10000, "buys": 1, "grown": 100}
    books.gets_back("2026-03-05", 40, "p-1")
    assert metrics(books, "2026-02-28") == {"spend": 6000, "food": 6000, "buys": 1, "grown": 60}
    books.gets_back("2026-04-05", 60, "p-1")
    assert metrics(books, "2026-02-28") == {}
    assert metrics(books, "2026-03-05") == {"spend": 700, "food": 700, "buys": 1, "grown": 7}


def test_a_metric_that_asks_what_the_refund_does_not_tell_is_left_as_it_is() -> None:
    """A refund does not tell the channel of its purchase."""
    books = Books(PROGRAM)
    books.buys("2026-02-01", 100, "p-1", channel="online")
    books.gets_back("2026-02-02", 100, "p-1")
    assert metrics(books, "2026-02-01") == {"online": 10000}


def test_a_reversal_takes_back_the_metrics_of_what_it_reverses() -> None:
    books = Books(PROGRAM)
    gas: dict[str, Any] = {"account": "a-1", "currency": "CNY", "biller": "b", "kind": "gas"}
    books.says("bill.paid", "2026-02-01", "b-1", amount_minor=3000, **gas)
    books.reversal("2026-02-02", "b-1", 10)
    assert metrics(books, "2026-02-01") == {"bills": 2000}
    books.reversal("2026-02-02", "b-1")
    assert (metrics(books, "2026-02-01"), balance(books)) == ({}, (0, 0))


# The cap of a month is 500. 400 are earned and given back; 300 more fit only 100, or wholly where room is freed.
@pytest.mark.parametrize(("policy", "available"), [("", 100), ("refunds: {cap_room: freed}\n", 300)])
def test_the_room_of_a_cap_comes_back_only_where_the_program_says_so(policy: str, available: int) -> None:
    books = Books(PROGRAM + policy)
    books.buys("2026-02-01", 400, "p-1")
    books.gets_back("2026-02-02", 400, "p-1")
    books.buys("2026-02-03", 300)
    assert balance(books) == (available, 0)


def test_a_refund_that_never_meets_its_purchase_is_left_to_a_person_after_its_days() -> None:
    """Ninety days from 1 February 2026 (28 + 31 + 30 = 89 to 1 May): 2 May, so at the close of 1 May."""
    books = Books(PROGRAM)
    books.gets_back("2026-02-01", 40, "p-none")
    assert books.close("2026-04-30") == []
    (decision,) = books.close("2026-05-01")
    assert [(r.reason, "p-none" in r.detail) for r in decision.reviews] == [("unmatched-original", True)]
    books.buys("2026-05-02", 100, "p-none")
    assert balance(books) == (100, 0)


def test_a_refund_of_a_purchase_that_earned_nothing_does_not_wait() -> None:
    books = Books(PROGRAM)
    books.buys("2026-02-01", 0.5, "p-1")
    books.gets_back("2026-02-02", 0.5, "p-1")
    assert books.member.waiting == ()
    assert metrics(books, "2026-02-01") == {}


def test_money_that_earned_nothing_comes_back_once_and_never_more_of_it() -> None:
    """0.90 are no point but count: 0.40 and 0.30 come back, then 0.20 of 0.50, and with them the purchase; no more."""
    books = Books(PROGRAM)
    books.buys("2026-02-01", 0.9, "p-1")
    left = []
    for yuan in (0.4, 0.3, 0.5, 0.1):
        refusal = books.gets_back("2026-02-02", yuan, "p-1").refusal
        left.append((metrics(books, "2026-02-01"), refusal and refusal.reason))
    assert left[0] == ({"spend": 50, "food": 50, "buys": 1}, None)
    assert left[1] == ({"spend": 20, "food": 20, "buys": 1}, None)
    assert left[2:] == [({}, None), ({}, "reversed-already")]


def test_a_reversal_of_what_earned_nothing_takes_back_its_metrics_once() -> None:
    books = Books(PROGRAM)
    books.says("bill.paid", "2026-02-01", "b-1", account="a-1", amount_minor=70, currency="CNY", biller="b", kind="gas")
    books.says("bill.paid", "2026-02-01", "b-2", account="a-1", amount_minor=90, currency="CNY", biller="b", kind="gas")
    assert [books.reversal("2026-02-02", "b-1").refusal is None for _ in range(2)] == [True, False]
    assert metrics(books, "2026-02-01") == {"bills": 90}


def test_two_refunds_that_came_before_what_earned_nothing_take_back_no_more_than_it_was() -> None:
    """0.50 and 0.60 of a purchase of 0.80: the second finds 0.30 left, a third nothing, which a person looks at."""
    books = Books(PROGRAM)
    for yuan in (0.5, 0.6, 0.1):
        books.gets_back("2026-02-01", yuan, "p-1")
    books.buys("2026-02-01", 7)
    reviews = books.buys("2026-02-02", 0.8, "p-1").reviews
    assert metrics(books, "2026-02-01") == {"spend": 700, "food": 700, "buys": 1, "grown": 7}
    assert [r.reason for r in reviews] == ["reversed-already"]


def test_of_very_many_events_that_earned_nothing_the_latest_are_known() -> None:
    """Of 51 purchases of 0.10 the first is known no more: a person looks at its refund. The second comes back."""
    books = Books(PROGRAM)
    for n in range(51):
        books.buys("2026-02-01", 0.1, f"p-{n}")
    refusal = books.gets_back("2026-02-01", 0.1, "p-0").refusal
    assert refusal is not None
    assert refusal.reason == "unmatched-original"
    assert books.gets_back("2026-02-01", 0.1, "p-1").refusal is None
    assert metrics(books, "2026-02-01") == {"spend": 500, "food": 500, "buys": 50}


# A refund of 40.00 that names nothing: at today's rate of 1 a yuan, or a person looks at it.
def test_a_refund_without_its_original_follows_the_program() -> None:
    books = Books(PROGRAM + "refunds: {without_original: current-rate}\n")
    books.buys("2026-02-01", 100, "p-1")
    books.gets_back("2026-02-02", 40)
    assert balance(books) == (60, 0)
    books = Books(PROGRAM)
    books.buys("2026-02-01", 100, "p-1")
    refusal = books.gets_back("2026-02-02", 40).refusal
    assert refusal is not None
    assert (refusal.reason, balance(books)) == ("refund-without-original", (100, 0))


PURCHASES = st.tuples(st.just("buy"), st.integers(1, 30_000), st.integers(0, 4))
REFUNDS = st.tuples(st.sampled_from(["refund", "reverse", "rest"]), st.integers(0, 20_000), st.integers(0, 4))
PART_BY_PART = (
    PROGRAM.replace("1 per 1.00, to: [reward, growth]", "1 per 3.00, to: [reward, growth]")
    + """\
  - {id: fixed, on: card.purchased, stage: bonus, award: {points: 11, to: reward}}
  - {id: twice, on: card.purchased, multiply: {by: 2.5, points: reward}}
"""
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PURCHASES | REFUNDS, max_size=25), st.sampled_from(["", ", deficit: {floor: -40}"]))
def test_whatever_comes_back_in_any_order_the_books_agree(steps: list[tuple[str, int, int]], policy: str) -> None:
    """`Books` checks every identity after each step; at the end all is taken back and nothing may be left."""
    books = Books(PART_BY_PART.replace(DEFICIT, DEFICIT + policy))
    bought: set[int] = set()
    for i, (kind, cents, which) in enumerate(steps):
        day = f"2026-02-{1 + i:02}"
        if kind == "buy" and which not in bought:
            bought.add(which)
            books.buys(day, cents / 100, f"p-{which}")
        elif kind == "refund":
            books.gets_back(day, cents / 100, f"p-{which}")
        elif kind == "reverse":
            books.reversal(day, f"p-{which}", cents / 100)
        elif kind == "rest":
            books.reversal(day, f"p-{which}")
    for which in range(5):
        if which not in bought:
            books.buys("2026-02-27", 99, f"p-{which}")
        books.reversal("2026-02-28", f"p-{which}")
    assert {name: b.total for name, b in books.member.balances.items()} == {"reward": 0, "growth": 0}
    assert metrics(books, "2026-02-01") == {}
