"""Money and points of the time before a merge come back to the survivor, exactly. Figures are worked by hand."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.family import Family

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
exchange: {USD: [{from: 2026-01-01, rate: 7}, {from: 2026-02-01, rate: 8}]}
points:
  reward: {spendable: true, expires: {after_months: 2, at: month-end}}
metrics:
  spend: {sum: card.purchased.amount, over: calendar-month}
  buys: {count: card.purchased, over: calendar-month}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
  - {id: bill, on: bill.paid, award: {rate: 1 per 1.00, to: reward}, pending: {days: 20}}
  - id: term
    on: term-deposit.opened
    award: {rate: 1 per 100.00, to: reward}
    taken_back_by: term-deposit.withdrawn-early
tiers:
  ladder: [{id: basic}, {id: gold, any: [{spend: 1000.00}]}]
benefits:
  wash: {network: car, units: {basic: 2, gold: 6}, per: calendar-year, at_most: 1 per month}
"""
BILL: dict[str, Any] = {"account": "a-1", "currency": "CNY", "biller": "b", "kind": "gas"}


def test_a_refund_takes_the_lot_that_came_over_and_leaves_the_others() -> None:
    """100 and 40 of m-a come to m-b, who has 50: 60 of the 100 come back from the lot of 100."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 100, "p-1")
    f.buys("a", "2026-01-11", 40, "p-2")
    f.buys("b", "2026-01-12", 50, "p-3")
    f.merge("a", "2026-01-13", "b")
    assert f.refund("a", "2026-01-14", 60, "p-1") == []
    assert f.lots("b") == [(40, 40, "2026-04-01"), (50, 50, "2026-04-01"), (100, 40, "2026-04-01")]
    assert (f.balance("a"), f.balance("b")) == ((0, 0, 0), (130, 0, 0))
    assert (f.metric("b", "spend"), f.metric("b", "buys")) == (13000, 3)


def test_parts_before_and_after_the_merge_are_parts_of_one_purchase() -> None:
    """Of 100.00 come back 40 before, 40 and 30 after: the last finds 20 left, and the next nothing."""
    f = Family(PROGRAM.replace("1 per 1.00, to: reward}}\n  - {id: bill", "1 per 3.00, to: reward}}\n  - {id: bill", 1))
    f.buys("a", "2026-01-10", 100, "p-1")
    f.refund("a", "2026-01-11", 40, "p-1")
    assert f.balance("a") == (33 * 60 // 100, 0, 0)
    f.merge("a", "2026-01-13", "b")
    left = []
    for yuan in (40, 30):
        assert f.refund("a", "2026-01-14", yuan, "p-1") == []
        left.append((f.balance("b"), f.metric("b", "spend"), f.metric("b", "buys")))
    assert left == [((33 * 20 // 100, 0, 0), 2000, 1), ((0, 0, 0), 0, 0)]
    assert f.refund("a", "2026-01-15", 5, "p-1") == ["reversed-already"]


def test_what_was_spent_before_the_merge_is_owed_by_the_survivor() -> None:
    """80 of 100 were spent, 20 came over and 30 are m-b's own: of 100 taken back 50 are owed."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 100, "p-1")
    f.redeem("a", "2026-01-11", "r-1", 80)
    f.buys("b", "2026-01-12", 30, "p-2")
    f.merge("a", "2026-01-13", "b")
    f.say("a", "transaction.reversed", "2026-01-14", original_source="/s", original_id="p-1",
          original_business_date="2026-01-10")  # fmt: skip
    assert f.balance("b") == (0, 0, 50)
    assert f.metric("b", "spend") == 3000


def test_the_bank_may_name_the_survivor() -> None:
    """The refund is said of m-b, the purchase was m-a's: it is worked out there and taken here; p-9 is nobody's."""
    f = Family(PROGRAM, "abz")
    f.buys("a", "2026-01-10", 100, "p-1")
    f.merge("z", "2026-01-11", "b")
    f.merge("a", "2026-01-13", "b")
    assert f.refund("b", "2026-01-14", 60, "p-1") == []
    assert f.refund("b", "2026-01-14", 60, "p-1") == []
    assert f.balance("b") == (0, 0, 0)
    assert f.refund("b", "2026-01-14", 60, "p-1") == ["reversed-already"]
    assert f.refund("b", "2026-01-15", 8, "p-9") == []
    assert [one.amount_minor for one in f.member("b").waiting] == [800]
    f.buys("a", "2026-01-15", 20, "p-9")
    assert (f.balance("b"), f.member("b").waiting) == ((12, 0, 0), ())


def test_through_two_merges_and_said_of_any_of_the_three() -> None:
    """m-a into m-b into m-c; 100 less 10, 20 and 30 are 40."""
    f = Family(PROGRAM, "abc")
    f.buys("a", "2026-01-10", 100, "p-1")
    f.merge("a", "2026-01-11", "b")
    f.buys("b", "2026-01-12", 7, "p-2")
    f.merge("b", "2026-01-13", "c")
    for yuan, who in ((10, "a"), (20, "b"), (30, "c")):
        assert f.refund(who, "2026-01-14", yuan, "p-1") == []
    assert f.lots("c") == [(7, 7, "2026-04-01"), (100, 40, "2026-04-01")]
    assert f.metric("c", "spend") == 4700
    assert f.refund("c", "2026-01-14", 7, "p-2") == []
    assert f.balance("c") == (40, 0, 0)


def test_pending_points_that_came_over_go_first_and_others_that_wait_stay() -> None:
    f = Family(PROGRAM)
    f.say("a", "bill.paid", "2026-01-10", "b-1", amount_minor=3000, **BILL)
    f.say("a", "bill.paid", "2026-01-10", "b-2", amount_minor=5000, **BILL)
    f.merge("a", "2026-01-13", "b")
    f.say("a", "transaction.reversed", "2026-01-14", original_source="/s", original_id="b-1",
          original_business_date="2026-01-10")  # fmt: skip
    assert f.balance("b") == (0, 50, 0)


def test_foreign_money_comes_back_at_the_rate_of_its_purchase() -> None:
    """10 dollars of January are 70.00, and 4 of them 28.00 in February too."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 10, "p-1", "USD")
    f.merge("a", "2026-01-13", "b")
    assert f.refund("a", "2026-02-14", 4, "p-1", "USD") == []
    assert f.balance("b") == (42, 0, 0)


def test_what_earned_nothing_before_the_merge_comes_back_once() -> None:
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 0.9, "p-1")
    f.merge("a", "2026-01-13", "b")
    assert [f.refund(who, "2026-01-14", 0.5, "p-1") for who in "aba"] == [[], [], ["reversed-already"]]
    assert f.metric("b", "spend") == 0


def test_un_merged_a_member_answers_for_its_own_purchases() -> None:
    """The 100 points are m-a's again and it buys 20 more: 40 of the 100 go; m-b knows nothing of the purchase."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 100, "p-1")
    f.merge("a", "2026-01-13", "b")
    f.say("a", "member.unmerged", "2026-01-14", cause="mistake")
    f.buys("a", "2026-01-15", 20, "p-2")
    f.refund("a", "2026-01-16", 40, "p-1")
    f.refund("b", "2026-01-16", 20, "p-1")
    assert (f.balance("a"), f.balance("b")) == ((80, 0, 0), (0, 0, 0))


def test_a_redemption_made_before_the_merge_goes_back_with_its_old_day() -> None:
    """95 of January end on 1 April: 50 spent of them come back by 20 and 30, and all go on that day."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 95, "p-1")
    f.redeem("a", "2026-02-11", "r-1", 50)
    f.merge("a", "2026-02-13", "b")
    assert f.gives_back("a", "2026-02-14", "r-1", 20) == []
    assert f.lots("b") == [(20, 20, "2026-04-01"), (45, 45, "2026-04-01")]
    assert f.gives_back("a", "2026-02-15", "r-1") == []
    assert f.gives_back("a", "2026-02-15", "r-1") == ["already-reversed"]
    assert f.balance("b") == (95, 0, 0)
    f.close("2026-03-31")
    assert f.balance("b") == (0, 0, 0)


def test_points_that_came_back_belong_to_their_purchase_still() -> None:
    """100 spent, merged, 40 of them given back; the purchase of 100 is then refunded: 40 are taken and 60 owed."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 100, "p-1")
    f.buys("b", "2026-01-10", 5, "p-2")
    f.redeem("a", "2026-01-11", "r-1", 100)
    f.merge("a", "2026-01-13", "b")
    f.gives_back("a", "2026-01-14", "r-1", 40)
    f.refund("a", "2026-01-15", 100, "p-1")
    assert f.balance("b") == (0, 0, 55)


def test_the_same_request_after_the_merge_is_a_repeat() -> None:
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 95, "p-1")
    f.redeem("a", "2026-01-11", "r-1", 50)
    f.merge("a", "2026-01-13", "b")
    assert f.redeem("a", "2026-01-14", "r-1", 50) == []
    assert f.redeem("a", "2026-01-14", "r-1", 51) == ["reference-used"]
    assert f.balance("b") == (45, 0, 0)


def test_units_used_before_the_merge_are_given_back_to_the_allowance_of_both() -> None:
    """Gold has 6 and used 1; with the reversal 6 are left again, and the month's one use is free again."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 1000, "p-1")
    wash = {"merchant": "shop-1", "network": "car", "benefit": "wash"}
    assert f.say("a", "redemption.requested", "2026-01-11", **wash, merchant_ref="r-1") == []
    f.merge("a", "2026-01-13", "b")
    assert sum(grant.left or 0 for grant in f.member("b").grants.values()) == 5
    assert f.say("b", "redemption.requested", "2026-01-14", **wash, merchant_ref="r-2") == ["too-soon"]
    assert f.gives_back("a", "2026-01-15", "r-1") == []
    assert sum(grant.left or 0 for grant in f.member("b").grants.values()) == 6
    assert f.say("b", "redemption.requested", "2026-01-16", **wash, merchant_ref="r-3") == []


@pytest.mark.parametrize("who", ["a", "b"])
def test_a_deposit_of_before_that_is_withdrawn_early_in_part_takes_its_part(who: str) -> None:
    """100 points for 10,000: 4,000 of them withdrawn leave 60, whoever the bank names."""
    f = Family(PROGRAM)
    term: dict[str, Any] = {"account": "t-1", "product": "term-12m", "currency": "CNY"}
    f.say("a", "term-deposit.opened", "2026-01-10", **term, amount_minor=1_000_000, balance_minor=1_000_000,
          tenor_months=12, new_money=True, renewal=False)  # fmt: skip
    f.merge("a", "2026-01-13", "b")
    assert f.say(who, "term-deposit.withdrawn-early", "2026-01-14", **term, amount_minor=400_000,
                 balance_minor=600_000) == []  # fmt: skip
    assert f.balance("b") == (60, 0, 0)


EVENTS = st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(1, 9_999))


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_when_the_merge_comes_makes_no_difference(events: list[tuple[str, int, int]], one: int, other: int) -> None:
    """Each purchase and its refunds, said of either: both together have the same points, metrics and debts."""
    ends = []
    for at in (one, other):
        f = Family(
            PROGRAM.replace("1 per 1.00, to: reward}}\n  - {id: bill", "1 per 3.00, to: reward}}\n  - {id: bill")
        )
        bought: dict[int, str] = {}
        for n, (who, which, cents) in enumerate(events):
            if n == at:
                f.merge("a", "2026-01-20", "b")
            if which in bought:
                f.refund(bought[which], "2026-01-21", cents / 100, f"p-{which}")
            else:
                bought[which] = who
                f.buys(who, "2026-01-15", cents / 100, f"p-{which}")
        if at >= len(events):
            f.merge("a", "2026-01-22", "b")
        ends.append((f.balance("b"), f.metric("b", "spend"), f.metric("b", "buys")))
    assert ends[0] == ends[1]
