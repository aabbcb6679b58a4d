"""Who brings another and who is brought: points for both sides, once, and none for bringing oneself."""

import pytest

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
  - {id: brings, on: referral.completed, award: {points: 100, to: reward}, cap: {member-month: 250}}
  - {id: is-brought, on: referral.welcomed, when: {nth: {is: 1}}, award: {points: 40, to: reward}}
"""
ONE_SIDE = PROGRAM[: PROGRAM.index("  - {id: is-brought")]


def brings(f: Family, who: str, other: str, at: str) -> list[str]:
    return f.say(who, "referral.completed", at, referred_member=f"m-{other}")


def test_both_sides_have_their_points_and_the_other_is_welcomed_once() -> None:
    f = Family(PROGRAM, "abc")
    assert brings(f, "a", "c", "2026-01-10") == []
    assert brings(f, "b", "c", "2026-01-11") == []
    assert [f.balance(who)[0] for who in "abc"] == [100, 100, 40]


def test_the_other_side_is_told_at_the_time_of_the_referral_who_brought_it() -> None:
    f = Family(PROGRAM)
    brings(f, "a", "b", "2026-01-10")
    (said,) = f.decided[-2].sent
    assert (said.type, said.subject, said.source) == ("referral.welcomed.v1", "m-b", "urn:points-engine")
    assert said.occurred_at == f.decided[-2].postings[0].occurred_at
    assert said.data.model_dump() == {"referrer": "m-a"}


def test_a_cap_bounds_how_many_somebody_brings_in_a_month() -> None:
    """100, 100 and 50 of the month's 250; each who is brought has 40 all the same."""
    f = Family(PROGRAM, "abcdz")
    for n, other in enumerate("bcd"):
        brings(f, "a", other, f"2026-01-1{n}")
    assert [f.balance(who)[0] for who in "abcd"] == [250, 40, 40, 40]


def test_nobody_is_told_where_no_rule_gives_for_it() -> None:
    f = Family(ONE_SIDE)
    brings(f, "a", "b", "2026-01-10")
    assert f.decided[-1].sent == ()
    assert (f.balance("a")[0], f.balance("b")[0]) == (100, 0)


@pytest.mark.parametrize(("who", "other"), [("a", "b"), ("b", "a"), ("a", "a"), ("b", "b")])
def test_nobody_brings_themself_nor_whom_they_merged_with(who: str, other: str) -> None:
    f = Family(PROGRAM)
    f.merge("a", "2026-01-10", "b")
    assert brings(f, who, other, "2026-01-11") == ["self-referral"]
    assert f.balance("b") == (0, 0, 0)


def test_who_merged_since_is_welcomed_where_it_is_now() -> None:
    f = Family(PROGRAM, "abc")
    f.merge("b", "2026-01-10", "c")
    assert brings(f, "a", "b", "2026-01-11") == []
    assert [f.balance(who)[0] for who in "abc"] == [100, 0, 40]


def test_a_referral_that_is_taken_back_takes_the_points_of_its_own_side() -> None:
    """The other side's are another event's; the bank takes them back by that one's id where it wants to."""
    f = Family(PROGRAM)
    f.say("a", "referral.completed", "2026-01-10", "r-1", referred_member="m-b")
    f.say("a", "transaction.reversed", "2026-01-12", original_source="/s", original_id="r-1",
          original_business_date="2026-01-10")  # fmt: skip
    assert (f.balance("a")[0], f.balance("b")[0]) == (0, 40)
