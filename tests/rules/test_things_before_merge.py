"""Points for a deposit or a policy, and a merge: whatever takes them back, together never more than was given."""

from collections.abc import Callable
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
  reward: {spendable: true}
earn:
  - id: term
    on: term-deposit.opened
    award: {rate: 1 per 100.00, to: reward}
    taken_back_by: term-deposit.withdrawn-early
  - id: premium
    on: insurance.premium-paid
    award: {rate: 1 per 100.00, to: reward}
    vest: {parts: 4, every_months: 1, forfeited_by: insurance.ended}
"""
TERM: dict[str, Any] = {"account": "t-1", "product": "term-12m", "currency": "CNY"}
POLICY: dict[str, Any] = {"policy": "l-1", "product": "life"}
WHOLE = 1_000_000
"""Minor units of the deposit, for which 100 points are given."""


def opens(f: Family, who: str, at: str, id_: str = "o-1") -> list[str]:
    return f.say(who, "term-deposit.opened", at, id_, **TERM, amount_minor=WHOLE, balance_minor=WHOLE,
                 tenor_months=12, new_money=True, renewal=False)  # fmt: skip


def withdraws(f: Family, who: str, at: str, minor: int, left: int) -> list[str]:
    return f.say(who, "term-deposit.withdrawn-early", at, **TERM, amount_minor=minor, balance_minor=left)


def pays(f: Family, who: str, at: str) -> list[str]:
    return f.say(who, "insurance.premium-paid", at, "i-1", **POLICY, amount_minor=WHOLE, currency="CNY",
                 annualised_premium_minor=WHOLE, payment_term_years=1, policy_month=1)  # fmt: skip


def ends(f: Family, who: str, at: str) -> list[str]:
    return f.say(who, "insurance.ended", at, **POLICY, cause="lapsed")


def reverses(f: Family, who: str, at: str, id_: str, minor: int | None = None) -> list[str]:
    part = {} if minor is None else {"amount_minor": minor, "currency": "CNY"}
    named = {"original_source": "/s", "original_id": id_, "original_business_date": "2026-01-10"}
    return f.say(who, "transaction.reversed", at, **part, **named)


@pytest.mark.parametrize("who", ["a", "b"])
@pytest.mark.parametrize("first", ["withdrawal", "reversal"])
def test_an_early_withdrawal_and_a_reversal_together_take_what_was_given(who: str, first: str) -> None:
    """40 for 4,000.00 withdrawn and 60 with the reversal of all that is left; or 100 with that, and nothing more."""
    f = Family(PROGRAM)
    opens(f, "a", "2026-01-10")
    f.merge("a", "2026-01-13", "b")
    steps: list[Callable[[], list[str]]] = [
        lambda: withdraws(f, who, "2026-01-14", 400_000, 600_000),
        lambda: reverses(f, who, "2026-01-14", "o-1"),
    ]  # fmt: skip
    left = []
    for step in steps if first == "withdrawal" else steps[::-1]:
        step()
        left.append(f.balance("b"))
    assert left == [(60, 0, 0) if first == "withdrawal" else (0, 0, 0), (0, 0, 0)]


def test_parts_withdrawn_before_and_after_the_merge_are_parts_of_one_deposit() -> None:
    """30 of 100 before, 40 after; what was spent of the rest, 25, is owed when the last 3,000.00 are withdrawn."""
    f = Family(PROGRAM)
    opens(f, "a", "2026-01-10")
    withdraws(f, "a", "2026-01-11", 300_000, 700_000)
    f.redeem("a", "2026-01-12", "r-1", 25)
    f.merge("a", "2026-01-13", "b")
    withdraws(f, "b", "2026-01-14", 400_000, 300_000)
    assert f.balance("b") == (5, 0, 0)
    withdraws(f, "b", "2026-01-15", 300_000, 0)
    assert f.balance("b") == (0, 0, 25)


def test_what_was_all_spent_before_the_merge_is_owed_when_the_deposit_ends_early() -> None:
    f = Family(PROGRAM)
    opens(f, "a", "2026-01-10")
    f.redeem("a", "2026-01-12", "r-1", 100)
    f.merge("a", "2026-01-13", "b")
    withdraws(f, "a", "2026-01-14", WHOLE, 0)
    assert f.balance("b") == (0, 0, 100)


def test_through_two_merges_each_gives_back_its_own() -> None:
    """m-a, m-b and m-c gave 100 each for the account: of 25,000.00 withdrawn, its own first, 50 of 300 stay."""
    f = Family(PROGRAM, "abc")
    for who in "abc":
        opens(f, who, "2026-01-10", f"o-{who}")
    f.merge("a", "2026-01-11", "b")
    f.merge("b", "2026-01-12", "c")
    assert f.balance("c") == (300, 0, 0)
    withdraws(f, "b", "2026-01-14", 2_500_000, 1)
    assert f.balance("c") == (50, 0, 0)


def test_what_still_waits_is_forfeited_once_and_then_not_taken_back_again() -> None:
    """Of 4 parts of 25 one came; the policy ends after the merge: 75 go. With the premium reversed the 25 go too."""
    f = Family(PROGRAM)
    pays(f, "a", "2026-01-10")
    f.close("2026-02-10")
    assert f.balance("a") == (25, 75, 0)
    f.merge("a", "2026-02-13", "b")
    ends(f, "b", "2026-02-14")
    assert f.balance("b") == (25, 0, 0)
    reverses(f, "a", "2026-02-15", "i-1")
    assert f.balance("b") == (0, 0, 0)


def test_a_premium_that_came_back_leaves_nothing_to_forfeit() -> None:
    f = Family(PROGRAM)
    pays(f, "a", "2026-01-10")
    f.merge("a", "2026-01-13", "b")
    reverses(f, "b", "2026-01-14", "i-1")
    ends(f, "a", "2026-01-15")
    assert f.balance("b") == (0, 0, 0)


STEPS = st.lists(
    st.tuples(st.sampled_from(["withdraw", "reverse", "end", "back"]), st.sampled_from("ab"), st.integers(1, WHOLE)),
    min_size=1, max_size=8,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(STEPS, st.integers(0, 8), st.integers(0, 8))
def test_whenever_the_merge_comes_no_more_is_taken_than_was_given(
    steps: list[tuple[str, str, int]], one: int, other: int
) -> None:
    """Both ends are the same, whoever is named after the merge; of each event no more goes than it gave."""
    stands = []
    for at in (one, other):
        f, held = Family(PROGRAM), WHOLE
        opens(f, "a", "2026-01-10")
        pays(f, "a", "2026-01-10")
        f.close("2026-02-10")
        for n, (what, said_of, minor) in enumerate(steps):
            if n == at:
                f.merge("a", "2026-02-11", "b")
            who, day = said_of if n >= at else "a", f"2026-02-{12 + n}"
            if what == "withdraw":
                held -= min(minor, held)
                withdraws(f, who, day, minor, held)
            elif what == "end":
                ends(f, who, day)
            else:
                reverses(f, who, day, "o-1" if what == "reverse" else "i-1", minor)
        if at >= len(steps):
            f.merge("a", "2026-02-25", "b")
        stands.append(f.balance("b"))
        assert -sum(p.points for d in f.decided for p in d.postings if p.kind == "reversed") <= 200
    assert stands[0] == stands[1]
