"""Counters over the last days and a member's own years count what a list of the events would."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.language.load import load
from rules.member import Member
from rules.metrics.counters import counted, highest
from rules.metrics.windows import membership_year, single_days, years_of

PROGRAM = load("""
program: windows
semantics: 1
version: 2023-01-01
time_zone: Asia/Shanghai
currency: CNY
points: {reward: {spendable: true}}
metrics:
  bills-7: {count: bill.paid, over: {days: 7}}
  largest-7: {largest_inflow: all, over: {days: 7}}
  bills-year: {count: bill.paid, over: membership-year}
""")
ENROLLED = date(2024, 2, 29)
amounts = st.lists(st.tuples(st.integers(0, 45), st.integers(1, 99)), max_size=60)


@given(amounts, st.integers(0, 45))
@settings(deadline=None)
def test_the_last_days_are_counted_whatever_the_order(told: list[tuple[int, int]], day: int) -> None:
    member = Member("bank", "m-1")
    first = date(2026, 2, 1)
    for n, amount in told:
        in_windows = PROGRAM.morning(first + timedelta(days=n)).windows
        counted(member, "count:bills-7:days", single_days(7), in_windows, amount)
        highest(member, "largest_inflow:largest-7:days", single_days(7), in_windows, amount)
    moment = PROGRAM.evening(first + timedelta(days=day))
    within = [amount for n, amount in told if day - 7 < n <= day]
    assert PROGRAM.metrics["bills-7"](member, moment) == sum(within)
    assert PROGRAM.metrics["largest-7"](member, moment) == max(within, default=0)


@given(st.lists(st.integers(0, 1000), max_size=40), st.integers(0, 1000))
@settings(deadline=None)
def test_years_of_membership_begin_on_the_anniversary(told: list[int], day: int) -> None:
    """Enrolled on 29 February 2024: the years begin on 28 February 2025 and 2026."""
    member = Member("bank", "m-1", enrolled_on=ENROLLED)
    begins = [ENROLLED, date(2025, 2, 28), date(2026, 2, 28)]
    for n in told:
        counted(
            member, "count:bills-year:membership-year", years_of(membership_year),
            PROGRAM.morning(ENROLLED + timedelta(days=n)).windows, 1,
        )  # fmt: skip

    def year(n: int) -> int:
        return sum(ENROLLED + timedelta(days=n) >= begin for begin in begins)

    moment = PROGRAM.evening(ENROLLED + timedelta(days=day))
    assert PROGRAM.metrics["bills-year"](member, moment) == sum(year(n) == year(day) for n in told)
