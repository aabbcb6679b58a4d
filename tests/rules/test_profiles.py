"""Segments, branches, regions and managers count as they were on the event's day, however late the event comes."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.member import Member, plain, restore
from rules.members.profile import CHANGES_KEPT, DAYS_KEPT, NO_PROFILE, Profile, told
from tests.rules.till import CARD, Till

PROGRAM = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true}
  growth: {spendable: false}
metrics:
  vip-spend: {sum: card.purchased.amount, over: calendar-month, when: {segment: vip}}
earn:
  - {id: spend, on: card.purchased, when: {%s}, award: {rate: 1 per 1.00, to: reward}}
  - {id: month, every: calendar-month, when: {segment: vip}, award: {points: 7, to: growth}}
"""
PLAIN = PROGRAM.replace("when: {%s}, ", "").replace(", when: {segment: vip}", "").replace("when: {segment: vip}, ", "")


def told_of(word: str, value: str) -> dict[str, Any]:
    return {"segments": [value]} if word == "segment" else {word: value}


@pytest.mark.parametrize("word", ["segment", "branch", "region", "manager"])
def test_each_is_asked_as_of_the_events_day(word: str) -> None:
    """South until the 10th, north until the 20th, south again: bought 1, 2, 4, 8, 16 on five days, told at the end."""
    t = Till(PROGRAM % f"{word}: north", **told_of(word, "south"))
    t.ask("member.updated", "2026-01-10T12:00", **told_of(word, "north"))
    t.ask("member.updated", "2026-01-20T12:00", **told_of(word, "south"))
    for at, yuan in (("09", 1), ("10", 2), ("19", 4), ("20", 8), ("31", 16)):
        t.earn(f"2026-01-{at}T08:00", yuan)
    assert t.balance == (2 + 4, 0, 0)


def test_a_change_that_is_told_late_leaves_later_ones() -> None:
    """Told on the 20th: south from then. Told after that: north from the 10th. So north from the 10th to the 19th."""
    t = Till(PROGRAM % "branch: north", branch="south")
    t.ask("member.updated", "2026-01-20T12:00", branch="west")
    t.ask("member.updated", "2026-01-10T12:00", branch="north")
    for at, yuan in (("09", 1), ("10", 2), ("19", 4), ("20", 8)):
        t.earn(f"2026-01-{at}T08:00", yuan)
    assert (t.balance, t.member.profile.branch) == ((6, 0, 0), "west")


@pytest.mark.parametrize("again", ["south", "north"])
def test_a_change_that_is_told_late_ends_where_the_field_was_told_again_though_nothing_changed(again: str) -> None:
    """Told on the 10th, and on the 20th again; then, late: east from the 15th. So it is east from the 15th to the 19th.

    Also where what is told again is what enrolment told first.
    """
    t = Till(PROGRAM % "region: east", region="north")
    t.ask("member.updated", "2026-01-10T12:00", region=again)
    t.ask("member.updated", "2026-01-20T12:00", region=again)
    t.ask("member.updated", "2026-01-15T12:00", region="east")
    for at, yuan in (("14", 1), ("15", 2), ("19", 4), ("20", 8)):
        t.earn(f"2026-01-{at}T08:00", yuan)
    assert (t.balance, t.member.profile.region) == ((6, 0, 0), again)


def test_what_enrolment_tells_first_counts_for_the_time_before_and_what_comes_later_does_not() -> None:
    """Seen on the 5th, enrolled on the 10th in the north, a farmer from the 12th on: 1 and 2 are of the north."""
    north = Till(PROGRAM % "branch: north", "")
    north.earn("2026-01-05T08:00", 1)
    assert north.balance == (0, 0, 0)
    north.ask("member.enrolled", "2026-01-10T08:00", branch="north")
    north.earn("2026-01-06T08:00", 2)
    assert north.balance == (2, 0, 0)
    farmer = Till(PROGRAM % "segment: farmer")
    farmer.ask("member.updated", "2026-01-12T08:00", segments=["farmer"])
    farmer.earn("2026-01-11T08:00", 4)
    farmer.earn("2026-01-12T08:00", 8)
    assert farmer.balance == (8, 0, 0)


def test_a_month_that_closes_later_is_judged_by_what_was_true_at_its_end() -> None:
    """A VIP until 31 January; that it is none from 1 February is told before January is closed, which gives its 7."""
    t = Till(PROGRAM % "branch: any", "2026-01-05T08:00", segments=["vip"])
    t.ask("member.updated", "2026-02-01T08:00", segments=[])
    t.close("2026-02-01")
    assert t.member.balances["growth"].available == 7
    t.close("2026-03-01")
    assert t.member.balances["growth"].available == 7


def test_metrics_ask_of_the_same_day_when_the_money_comes_back() -> None:
    """100.00 of a VIP on the 10th who is none any more on the 20th: 40.00 that come back leave 60.00."""
    t = Till(PROGRAM % "segment: vip", segments=["vip"])
    t.ask("card.purchased", "2026-01-10T08:00", **CARD, amount_minor=10_000, currency="CNY")
    bought = t.decided[-1].postings[0]
    t.ask("member.updated", "2026-01-20T08:00", segments=[])
    t.ask("card.refunded", "2026-01-21T08:00", **{k: v for k, v in CARD.items() if k != "channel"}, amount_minor=4_000,
          currency="CNY", original_source="/s", original_id="e-2", original_business_date="2026-01-10")  # fmt: skip
    assert (bought.points, t.balance) == (100, (60, 0, 0))
    program = t.memory.programs.versions[0]
    assert program.metrics["vip-spend"](t.member, program.evening(date(2026, 1, 31))) == 6000


def test_nothing_is_kept_by_the_day_for_programs_that_do_not_ask() -> None:
    t = Till(PLAIN, branch="south", segments=["vip"])
    t.ask("member.updated", "2026-01-10T12:00", branch="north", manager="rm-2", segments=[])
    assert t.member.profile == Profile(branch="north", manager="rm-2")
    assert plain(t.member)["profile"] == [None, None, None, "north", None, [], "rm-2", None]


def test_only_what_is_asked_is_kept_and_an_erased_profile_keeps_nothing() -> None:
    t = Till(PROGRAM % "branch: north", branch="south", manager="rm-1")
    t.ask("member.updated", "2026-01-10T12:00", branch="north", manager="rm-2")
    assert t.member.profile.dated == {"branch": ((0, "south"), (date(2026, 1, 10).toordinal(), "north"))}
    t.ask("member.erased", "2026-01-11T12:00", request="req-1")
    assert t.member.profile == NO_PROFILE


DAYS = 900
CHANGES = st.lists(st.tuples(st.integers(1, DAYS), st.sampled_from(["a", "b", "c", None])), max_size=80)


def painted(days: list[str | None], day: int, branch: str | None, told_last: int) -> list[str | None]:
    """The days with a branch from a day on, up to where another begins or the branch was told last."""
    ends = next((d for d in range(day + 1, len(days)) if days[d] != days[day] or d == told_last), len(days))
    return [*days[:day], *[branch] * (ends - day), *days[ends:]]


def begins(days: list[str | None]) -> list[int]:
    return [d for d in range(1, len(days)) if days[d] != days[d - 1]]


@given(CHANGES)
def test_what_is_kept_is_bounded_and_right_for_as_long_as_it_is_kept(changes: list[tuple[int, str | None]]) -> None:
    """Against a table of each day."""
    first, days = date(2026, 1, 1), list[str | None]("a" * (DAYS + 1))
    profile, latest = Profile(branch="a"), 0
    for day, branch in changes:
        if latest - DAYS_KEPT <= day and len(begins(days)) < CHANGES_KEPT - 2:
            days = painted(days, day, branch, latest)
            latest = max(latest, day)
            on = first + timedelta(days=day)
            profile = told(profile, {"branch": branch}, on, frozenset({"branch"}), enrols=False)
    for day in range(max(latest - DAYS_KEPT, 0), DAYS + 1):
        assert profile.on("branch", first + timedelta(days=day)) == days[day]
    assert profile.branch == days[-1]
    assert len(profile.dated.get("branch", ())) <= CHANGES_KEPT
    member = Member("b", "m", profile=profile)
    assert restore(Member("b", "m"), plain(member)).profile == profile
