"""Points for a deposit or a policy, when a merge was a mistake: taken back where they are by then. Figures by hand."""

import pytest

from tests.rules.family import Family
from tests.rules.test_things_before_merge import POLICY, PROGRAM, WHOLE, ends, opens, pays, reverses, withdraws


def undo(f: Family, who: str, at: str) -> None:
    f.say(who, "member.unmerged", at, cause="mistake")


@pytest.mark.parametrize("times", [1, 2])
def test_what_came_back_waiting_is_forfeited_by_the_end_of_the_policy(times: int) -> None:
    """100 wait in 4 parts, go and come back; the policy ends and the months of its parts close: nothing is given."""
    f = Family(PROGRAM)
    pays(f, "a", "2026-01-10")
    for _ in range(times):
        f.merge("a", "2026-01-13", "b")
        undo(f, "a", "2026-01-14")
    assert f.balance("a") == (0, 100, 0)
    ends(f, "a", "2026-01-15")
    assert f.balance("a") == (0, 0, 0)
    f.close("2026-06-30")
    assert (f.balance("a"), f.balance("b")) == ((0, 0, 0), (0, 0, 0))


def test_the_part_that_was_released_stays_until_the_premium_itself_comes_back() -> None:
    """25 of 100 came before; 75 are forfeited when it is back, and with the premium the 25 go: 100, no more."""
    f = Family(PROGRAM)
    pays(f, "a", "2026-01-10")
    f.close("2026-02-10")
    f.merge("a", "2026-02-13", "b")
    undo(f, "a", "2026-02-14")
    ends(f, "a", "2026-02-15")
    assert f.balance("a") == (25, 0, 0)
    reverses(f, "a", "2026-02-16", "i-1")
    assert f.balance("a") == (0, 0, 0)


def test_of_two_that_are_one_each_part_is_forfeited_at_whom_it_was_given() -> None:
    """m-c with its 100 is in m-a when m-a goes and comes back: the end of m-c's policy leaves m-a nothing."""
    f = Family(PROGRAM, "abc")
    pays(f, "c", "2026-01-10")
    f.merge("c", "2026-01-11", "a")
    f.merge("a", "2026-01-13", "b")
    undo(f, "a", "2026-01-14")
    ends(f, "a", "2026-01-15")
    assert f.balance("a") == (0, 0, 0)
    reverses(f, "c", "2026-01-16", "i-1")
    assert f.balance("a") == (0, 0, 0)


def test_what_nobody_knows_any_more_is_forfeited_all_the_same() -> None:
    """20 others merge into m-b after m-a, who brought 100: whom m-b still knows know nothing of the policy."""
    f = Family(PROGRAM, "abcdefghijklmnopqrstuv")
    pays(f, "a", "2026-01-10")
    f.merge("a", "2026-01-11", "b")
    for other in "cdefghijklmnopqrstuv":
        f.merge(other, "2026-01-12", "b")
    ends(f, "b", "2026-01-13")
    assert f.balance("b") == (0, 0, 0)


def test_a_deposit_that_was_opened_meanwhile_is_taken_back_where_it_was_given() -> None:
    """100 for 10,000.00 that m-a opens as m-b: 4,000.00 leave 60, and the rest 0; m-a's own 100 of before stay."""
    f = Family(PROGRAM)
    f.say("a", "insurance.premium-paid", "2026-01-10", **POLICY, amount_minor=WHOLE, currency="CNY",
          annualised_premium_minor=WHOLE, payment_term_years=1, policy_month=1)  # fmt: skip
    f.merge("a", "2026-01-11", "b")
    opens(f, "a", "2026-01-12")
    undo(f, "a", "2026-01-13")
    assert (f.balance("a"), f.balance("b")) == ((0, 100, 0), (100, 0, 0))
    withdraws(f, "a", "2026-01-14", 400_000, 600_000)
    assert f.balance("b") == (60, 0, 0)
    withdraws(f, "a", "2026-01-15", 600_000, 0)
    assert (f.balance("a"), f.balance("b")) == ((0, 100, 0), (0, 0, 0))


def test_of_one_deposit_each_takes_its_part() -> None:
    """100 before, 100 as m-b for the same account: of 15,000.00 its own 100 go, and 50 of m-b's."""
    f = Family(PROGRAM)
    opens(f, "a", "2026-01-10", "o-1")
    f.merge("a", "2026-01-11", "b")
    opens(f, "a", "2026-01-12", "o-2")
    undo(f, "a", "2026-01-13")
    withdraws(f, "a", "2026-01-14", 1_500_000, 500_000)
    assert (f.balance("a"), f.balance("b")) == ((0, 0, 0), (50, 0, 0))


def test_what_waits_at_the_other_for_a_policy_is_forfeited_by_its_end() -> None:
    f = Family(PROGRAM)
    f.merge("a", "2026-01-11", "b")
    pays(f, "a", "2026-01-12")
    undo(f, "a", "2026-01-13")
    assert f.balance("b") == (0, 100, 0)
    ends(f, "a", "2026-01-14")
    assert (f.balance("a"), f.balance("b")) == ((0, 0, 0), (0, 0, 0))


def test_what_waits_at_the_other_for_a_policy_is_released_by_its_event() -> None:
    vest = "vest: {parts: 4, every_months: 1, forfeited_by: insurance.ended}"
    f = Family(PROGRAM.replace(vest, "pending: {until: insurance.cooling-off-passed}"))
    f.merge("a", "2026-01-11", "b")
    pays(f, "a", "2026-01-12")
    undo(f, "a", "2026-01-13")
    f.say("a", "insurance.cooling-off-passed", "2026-01-14", **POLICY)
    assert f.balance("b") == (100, 0, 0)
