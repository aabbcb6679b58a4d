"""A merge that was a mistake: what is left of the points that a member brought is its own again. Figures by hand."""

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
points:
  reward: {spendable: true, expires: {after_months: 2, at: month-end}}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}
  - {id: bill, on: bill.paid, award: {rate: 1 per 1.00, to: reward}, pending: {days: 20}, restrict: no-goods}
"""
BILL: dict[str, Any] = {"account": "a-1", "currency": "CNY", "biller": "b", "kind": "gas"}


def undo(f: Family, who: str, at: str) -> list[str]:
    return f.say(who, "member.unmerged", at, cause="mistake")


def test_what_is_left_goes_back_with_its_day_and_what_was_used_stays_used() -> None:
    """m-a brings 100 of January and 40 of February to m-b's 50 of January; 120 are spent: m-b's lot came second."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 100, "p-1")
    f.buys("a", "2026-02-10", 40, "p-2")
    f.buys("b", "2026-01-12", 50, "p-3")
    f.merge("a", "2026-02-13", "b")
    assert f.redeem("b", "2026-02-14", "r-1", 120) == []
    assert undo(f, "a", "2026-02-15") == []
    assert f.lots("a") == [(40, 40, "2026-05-01")]
    assert f.lots("b") == [(50, 30, "2026-04-01")]
    assert (f.member("a").status, f.member("b").kin.absorbed) == ("enrolled", {})


def test_what_is_held_or_comes_back_later_stays_with_the_survivor() -> None:
    """60 of m-a's 100 are held when it leaves: 40 go back; the hold is let go of, and m-b has 60."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 100, "p-1")
    f.merge("a", "2026-01-13", "b")
    where = {"merchant": "shop-1", "merchant_ref": "r-1"}
    f.say("b", "redemption.hold-requested", "2026-01-14T12:00", **where, network="food", points=60)
    assert undo(f, "a", "2026-01-14T12:01") == []
    f.say("b", "redemption.void-requested", "2026-01-14T12:02", **where)
    assert (f.balance("a"), f.balance("b")) == ((40, 0, 0), (60, 0, 0))


def test_points_that_wait_go_back_waiting_and_with_their_restriction() -> None:
    f = Family(PROGRAM)
    f.say("a", "bill.paid", "2026-01-10", "b-1", amount_minor=3000, **BILL)
    f.merge("a", "2026-01-13", "b")
    undo(f, "a", "2026-01-14")
    assert (f.balance("a"), f.balance("b")) == ((0, 30, 0), (0, 0, 0))
    f.close("2026-01-29")
    assert f.balance("a") == (30, 0, 0)
    (lot,) = f.memory.lots("m-a").values()
    assert (lot.restriction, lot.rule_id) == ("no-goods", "bill")


def test_each_of_three_has_its_own_again_one_after_the_other() -> None:
    """m-a (1) into m-b (2) into m-c (4). m-b leaves with both; then m-a leaves m-b."""
    f = Family(PROGRAM, "abc")
    for who, yuan in (("a", 1), ("b", 2), ("c", 4)):
        f.buys(who, "2026-01-10", yuan, f"p-{who}")
    f.merge("a", "2026-01-11", "b")
    f.merge("b", "2026-01-12", "c")
    undo(f, "b", "2026-01-13")
    assert [f.balance(who)[0] for who in "abc"] == [0, 3, 4]
    undo(f, "a", "2026-01-14")
    assert [f.balance(who)[0] for who in "abc"] == [1, 2, 4]


def test_the_first_of_three_leaves_where_its_points_are_by_now() -> None:
    f = Family(PROGRAM, "abc")
    for who, yuan in (("a", 1), ("b", 2), ("c", 4)):
        f.buys(who, "2026-01-10", yuan, f"p-{who}")
    f.merge("a", "2026-01-11", "b")
    f.merge("b", "2026-01-12", "c")
    undo(f, "a", "2026-01-13")
    assert [f.balance(who)[0] for who in "abc"] == [1, 0, 6]
    undo(f, "b", "2026-01-14")
    assert [f.balance(who)[0] for who in "abc"] == [1, 2, 4]


def three(*merges: str) -> Family:
    """m-a has 1, m-b 2, m-c 4, and then merge in pairs such as "ab", on the days from the 11th on."""
    f = Family(PROGRAM, "abc")
    for who, yuan in (("a", 1), ("b", 2), ("c", 4)):
        f.buys(who, "2026-01-10", yuan, f"p-{who}")
    for day, pair in enumerate(merges, 11):
        f.merge(pair[0], f"2026-01-{day}", pair[1])
    return f


def stand(f: Family) -> list[int]:
    return [f.balance(who)[0] for who in "abc"]


def test_who_left_and_merged_elsewhere_does_not_go_with_the_one_it_left() -> None:
    """m-c (4) into m-a (1) into m-b (2). m-c leaves, merges into m-b; m-a leaves with its 1, then m-c with its 4."""
    f = three("ca", "ab")
    undo(f, "c", "2026-01-13")
    assert stand(f) == [1 - 1, 2 + 1, 4]
    f.merge("c", "2026-01-14", "b")
    undo(f, "a", "2026-01-15")
    assert stand(f) == [1, 2 + 4, 0]
    undo(f, "c", "2026-01-16")
    assert stand(f) == [1, 2, 4]


def test_who_merges_into_one_that_is_merged_leaves_with_it() -> None:
    """m-a is m-b already when m-c merges into m-a: m-a leaves with 1 and 4, and then m-c leaves m-a."""
    f = three("ab", "ca")
    assert stand(f) == [0, 7, 0]
    undo(f, "a", "2026-01-13")
    assert stand(f) == [5, 2, 0]
    undo(f, "c", "2026-01-14")
    assert stand(f) == [1, 2, 4]


@pytest.mark.parametrize("who", ["ac", "ca"])
def test_two_who_leave_at_once_have_each_its_own(who: str) -> None:
    """Both are heard before anything that the engine says because of the first."""
    f = three("ca", "ab")
    with f.at_once():
        for one in who:
            undo(f, one, "2026-01-13")
    assert stand(f) == [1, 2, 4]


def test_merged_again_and_un_merged_again() -> None:
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 100, "p-1")
    for day in (11, 13, 15):
        f.merge("a", f"2026-01-{day}", "b")
        assert (f.balance("a")[0], f.balance("b")[0]) == (0, 100)
        undo(f, "a", f"2026-01-{day + 1}")
        assert (f.balance("a")[0], f.balance("b")[0]) == (100, 0)
    f.refund("a", "2026-01-20", 100, "p-1")
    assert f.balance("a") == (0, 0, 0)


def test_more_lots_than_one_message_holds_go_back_all() -> None:
    f = Family(PROGRAM)
    for n in range(130):
        f.buys("a", f"2026-01-10T{10 + n // 60}:{n % 60:02}", 1, f"p-{n}")
    f.merge("a", "2026-01-13", "b")
    assert f.balance("b") == (130, 0, 0)
    undo(f, "a", "2026-01-14")
    assert (f.balance("a"), f.balance("b")) == ((130, 0, 0), (0, 0, 0))


def test_what_was_bought_while_they_were_one_comes_back_of_whichever_it_is_said() -> None:
    """m-a brings 100; the 50 that it buys as m-b are m-b's and stay there; 20 of them come back there, and then 30."""
    f = Family(PROGRAM)
    f.buys("a", "2026-01-10", 100, "p-1")
    f.merge("a", "2026-01-11", "b")
    f.buys("a", "2026-01-12", 50, "p-2")
    undo(f, "a", "2026-01-13")
    assert (f.balance("a"), f.balance("b")) == ((100, 0, 0), (50, 0, 0))
    assert f.refund("a", "2026-01-14", 20, "p-2") == []
    assert (f.balance("a"), f.balance("b")) == ((100, 0, 0), (30, 0, 0))
    assert f.refund("b", "2026-01-15", 30, "p-2") == []
    assert f.refund("a", "2026-01-16", 1, "p-2") == ["reversed-already"]
    assert (f.balance("a"), f.balance("b")) == ((100, 0, 0), (0, 0, 0))


@pytest.mark.parametrize("leaves", ["ab", "ba", "a"])
@pytest.mark.parametrize("again", [False, True])
def test_what_was_bought_through_two_merges_comes_back_from_the_third(leaves: str, *, again: bool) -> None:
    """m-a buys 50 as m-c, through m-b; whichever leaves first, and if m-a merges again, the 50 come back from m-c."""
    f = Family(PROGRAM, "abcd")
    f.merge("a", "2026-01-11", "b")
    f.merge("b", "2026-01-12", "c")
    f.buys("a", "2026-01-12T13:00", 50, "p-1")
    for who in leaves:
        undo(f, who, "2026-01-13")
    if again:
        f.merge("a", "2026-01-14", "d")
    assert f.balance("c") == (50, 0, 0)
    assert f.refund("a", "2026-01-15", 50, "p-1") == []
    assert [f.balance(who) for who in "abcd"] == [(0, 0, 0)] * 4


def test_a_refund_that_comes_before_its_purchase_waits_where_it_was_said_though_another_was_asked_and_left() -> None:
    """m-b, which m-a was once, has left the program: 8 of p-9 wait with m-a, whose 20 become 12."""
    f = Family(PROGRAM)
    f.merge("a", "2026-01-11", "b")
    f.buys("a", "2026-01-12", 5, "p-1")
    undo(f, "a", "2026-01-13")
    f.say("b", "member.closed", "2026-01-14", cause="left")
    assert f.refund("a", "2026-01-15", 8, "p-9") == []
    f.buys("a", "2026-01-15", 20, "p-9")
    assert f.balance("a") == (12, 0, 0)
    assert f.refund("a", "2026-01-16", 5, "p-1") == ["member-closed"]


STEPS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(1, 9_999)), min_size=1, max_size=10)


@settings(max_examples=100, deadline=None)
@given(STEPS, st.integers(0, 10), st.integers(0, 10), st.sampled_from("ab"))
def test_if_nothing_was_spent_meanwhile_all_is_as_if_they_had_never_merged(
    steps: list[tuple[str, int, int]], one: int, other: int, said_of: str
) -> None:
    """Purchases and refunds of either, said of whom they are: the same points in the same lots.

    What m-a buys while they are one is m-b's, and comes back from m-b, of whichever it is said later.
    """
    stands = []
    for merges in (True, False):
        f, bought, earned = Family(PROGRAM), dict[int, str](), dict[int, str]()
        for n, (who, which, cents) in enumerate(steps):
            if merges and n == min(one, other):
                f.merge("a", "2026-01-20", "b")
            if merges and n == max(one, other):
                undo(f, "a", "2026-01-20")
            together = min(one, other) <= n < max(one, other)
            if which in bought:
                back_at = (said_of if together else bought[which]) if merges else earned[which]
                f.refund(back_at, "2026-01-21", cents / 100, f"p-{which}")
            else:
                bought[which], earned[which] = who, "b" if together else who
                f.buys(who if merges else earned[which], "2026-01-15", cents / 100, f"p-{which}")
        if merges and f.member("a").status == "merged":
            undo(f, "a", "2026-01-22")
        stands.append([(f.balance(who), sorted(left for _, left, _ in f.lots(who))) for who in "ab"])
    assert stands[0] == stands[1]
