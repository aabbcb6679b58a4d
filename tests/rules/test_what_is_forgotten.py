"""What a member's state keeps has a bound: what is older is refused by name, or can be asked for no more.

The bounds stand here as docs/guarantees.md and docs/rule-author.md name them, counted on a calendar, not as constants.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from rules.language.load import load
from rules.language.problems import ProgramRefused
from tests.rules.test_averages import average, member
from tests.rules.till import CARD, Till
from tests.rules.told import balance

HEAD = """
program: corner
semantics: 1
version: 2020-01-01
time_zone: Asia/Shanghai
currency: CNY
points: {reward: {spendable: true}}
"""
CAPPED = HEAD + "earn: [{id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}, cap: {member-%s: 10}}]\n"
COUNTED = HEAD + "metrics: {bought: {count: card.purchased, over: %s}}\n"


def days_from(first: date, number: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(number)]


def months_from(year: int, number: int, each: int) -> list[date]:
    """The first days of so many periods of as many months each."""
    return [date(year + n * each // 12, n * each % 12 + 1, 1) for n in range(number)]


@pytest.mark.parametrize(
    ("period", "windows"),
    [
        ("day", days_from(date(2026, 1, 1), 41)),
        ("week", days_from(date(2026, 1, 5), 15 * 7)[::7]),
        ("month", months_from(2024, 15, 1)),
        ("quarter", months_from(2024, 7, 3)),
        ("year", months_from(2020, 4, 12)),
    ],
)
def test_a_cap_older_than_its_forty_days_or_fourteen_weeks_or_months_gives_nothing_and_says_so(
    period: str, windows: list[date]
) -> None:
    """Each purchase fills its window's cap of 10, from the second window on.

    While one of those to be remembered is still to come, the first has its 10; when all are there, it has none, whoever
    it was: whether it was full before is not known. The second is known to be full.
    """
    first, *later = windows
    for all_of_them in (False, True):
        t = Till(CAPPED % period, at="2020-01-01T08:00")
        for day in later if all_of_them else later[:-1]:
            t.earn(f"{day}T12:00", 10)
        t.earn(f"{later[0]}T13:00", 10)
        [again] = t.decided[-1].postings
        t.earn(f"{first}T13:00", 10)
        [oldest] = t.decided[-1].postings
        assert (again.points, again.capped_by) == (0, f"rule:spend:member-{period}")
        forgotten = (0, f"rule:spend:member-{period}:window-forgotten")
        assert (oldest.points, oldest.capped_by) == (forgotten if all_of_them else (10, None))


def test_the_last_days_are_known_for_forty_days_back() -> None:
    """A purchase a day: as of 8 January 7 of 7 days, until on 18 February the 2nd is the 48th day back."""
    t = Till(COUNTED % "{days: 7}")
    program = t.memory.programs.versions[0]

    def bought(day: date) -> int:
        return program.metrics["bought"](t.member, program.evening(day))

    for day in days_from(date(2026, 1, 2), 47):
        t.earn(f"{day}T12:00", 1)
    assert day == date(2026, 1, 8) + timedelta(days=40)
    assert bought(date(2026, 1, 8)) == 7
    t.earn("2026-02-18T12:00", 1)
    assert (bought(date(2026, 1, 8)), bought(date(2026, 1, 9))) == (6, 7)


def test_the_longest_window_of_an_average_and_its_corrections_lie_within_400_days() -> None:
    """No window is longer than 366 days, and with 31 days for corrections that is 397.

    1,000 a day, every day told and none closed. As of 9 September 2026 the longest window begins on 9 September 2025;
    400 days before is 5 August 2025. A correction by 1 of that day moves it alone; of the day before it moves nothing.
    """
    assert date(2026, 9, 9) - timedelta(days=365 + 31) > date(2025, 8, 5) == date(2026, 9, 9) - timedelta(days=400)
    with pytest.raises(ProgramRefused, match="366"):
        load(HEAD + "metrics: {m: {average_daily_balance: {products: [demand]}, over: {days: 367}}}\n")
    daily = [balance(day.isoformat(), 1_000) for day in days_from(date(2025, 7, 1), 436)]
    assert daily[-1].on == "2026-09-09"
    total = 1_000 * 436
    for late, more in (("2025-08-05", 1), ("2025-08-04", 0)):
        corrected = member([*daily, balance("2026-09-09", 1_001, business_date=late)])
        assert average("ever", "2026-09-09", corrected) == f"{total + more}/436"


def test_of_events_that_earned_nothing_the_latest_fifty_are_known_and_a_refund_of_another_is_refused_by_name() -> None:
    """51 purchases, one a day from 2 January on: the first is not known any more, the second is taken back."""
    t = Till(COUNTED % "calendar-year")
    days = days_from(date(2026, 1, 2), 51)
    for day in days:
        t.earn(f"{day}T12:00", 1)
    named: dict[str, Any] = {name: value for name, value in CARD.items() if name != "channel"}
    named |= {"amount_minor": 100, "currency": "CNY", "original_source": "/s"}

    def refund(number: int) -> str | None:
        """Of the purchase of a number from 1 on; the enrolment was the first event."""
        told = {"original_id": f"e-{number + 1}", "original_business_date": days[number - 1].isoformat()}
        return t.ask("card.refunded", "2026-03-01T12:00", **named, **told)

    program = t.memory.programs.versions[0]
    assert (refund(1), refund(2)) == ("unmatched-original", None)
    assert program.metrics["bought"](t.member, program.evening(date(2026, 3, 1))) == 50


SEGMENTED = HEAD + (
    "earn: [{id: spend, on: card.purchased, when: {branch: b-0}, award: {points: 1, to: reward}}]\n"
)  # fmt: skip


@pytest.mark.parametrize(("changes", "points"), [(49, 1), (50, 0)])
def test_of_a_profile_fifty_changes_are_known_and_what_is_older_is_as_the_oldest(changes: int, points: int) -> None:
    """From b-0 to b-1 and on, a day each: with the fiftieth the first is as the second, in which nothing is earned."""
    t = Till(SEGMENTED, branch="b-0")
    for number, day in enumerate(days_from(date(2026, 1, 11), changes), 1):
        assert t.ask("member.updated", f"{day}T12:00", branch=f"b-{number}") is None
    t.earn("2026-01-10T12:00", 1)
    assert t.balance == (points, 0, 0)


@pytest.mark.parametrize(("told_again", "points"), [("2027-02-14", 1), ("2027-02-15", 0)])
def test_of_a_profile_400_days_are_known_and_what_is_older_is_as_the_oldest(told_again: str, points: int) -> None:
    """b-0 until 11 January 2026: 400 days later, on 15 February 2027, what was before that day is asked for no more."""
    assert date(2026, 1, 11) + timedelta(days=400) == date(2027, 2, 15)
    t = Till(SEGMENTED, branch="b-0")
    assert t.ask("member.updated", "2026-01-11T12:00", branch="b-1") is None
    assert t.ask("member.updated", f"{told_again}T12:00", branch="b-2") is None
    t.earn("2026-01-10T12:00", 1)
    assert t.balance == (points, 0, 0)
