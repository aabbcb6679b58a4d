"""Average daily balances: every expected figure is worked by hand beside its case, in yuan; money is kept in fen."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.context import Context
from rules.decide import decide
from rules.identity import event_key
from rules.language.load import load
from rules.member import Member, plain, restore
from rules.program import Program
from tests.rules.told import Told, balance, event, wealth

PROGRAM = load("""
program: averages
semantics: 1
version: 2023-01-01
time_zone: Asia/Shanghai
currency: CNY
points: {reward: {spendable: true}}
metrics:
  month: {average_daily_balance: {products: [demand, term]}, over: calendar-month}
  quarter: {average_daily_balance: {products: [demand, term]}, over: calendar-quarter}
  year: {average_daily_balance: {products: [demand, term]}, over: calendar-year}
  owed: {average_daily_balance: {products: [demand], overdrawn: negative}, over: calendar-month}
  weighted: {average_daily_balance: {products: [demand, fund], weights: {fund: 0.3}}, over: calendar-month}
  insured: {average_daily_balance: {products: [life]}, over: calendar-month}
  ten-days: {average_daily_balance: {products: [demand]}, over: {days: 10}}
  since-enrolment: {average_daily_balance: {products: [demand]}, over: membership-year}
  in-tier: {average_daily_balance: {products: [demand]}, over: tier-year}
  ever: {average_daily_balance: {products: [demand], overdrawn: negative}, over: lifetime}
""")


def member(history: Iterable[Told], closed_through: date | None = None, **state: Any) -> Member:
    """After the events; each is decided on the stored form of what the one before it left."""
    found = Member("bank", "m-1", status="enrolled", **state)
    for number, told in enumerate(history):
        one = event(told, number)
        found = decide(one, event_key("bank", "/s", one.id), found, PROGRAM, Context({}, closed_through)).member
        found = restore(found.draft(), plain(found))
    return found


def average(metric: str, on: str, of: Member, program: Program = PROGRAM) -> str:
    """As it stands at the end of a day, in yuan: `total/days`."""
    numerator, denominator = program.exact[metric](of, program.evening(date.fromisoformat(on)))
    assert program.metrics[metric](of, program.evening(date.fromisoformat(on))) == numerator // denominator
    return f"{numerator // 100}/{denominator}"


@pytest.mark.parametrize(
    ("metric", "on", "history", "expected"),
    [
        pytest.param("month", "2026-09-30", [balance("2026-09-16", 1000)], "15000/30",
                     id="opened in mid-month: 16 to 30 September are 15 of 30 days"),
        pytest.param("month", "2026-09-30", [balance("2026-09-01", 1000), balance("2026-09-30", 0)], "29000/30",
                     id="the opening day counts, the day of withdrawal does not"),
        pytest.param("month", "2026-09-30", [balance("2026-08-20", 700)], "21000/30",
                     id="told before the month began, and nothing since"),
        pytest.param("month", "2026-09-10", [balance("2026-08-20", 700), balance("2026-09-06", 200)], "4500/10",
                     id="so far: 5 days of 700 and 5 of 200"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-10", 100), balance("2026-09-10", 9000), balance("2026-09-10", 300)], "6300/30",
                     id="several changes in a day: the last of 10 September stands for 21 days"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-10", 300, sequence=8), balance("2026-09-10", 9000, sequence=7)], "6300/30",
                     id="several changes in a day out of order: sequence 8 stands"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-01", 100), balance("2026-09-21", 400),
                      balance("2026-09-25", 1000, product="term", business_date="2026-09-11")], "15000/30",
                     id="told late under another product, until it is told of again: 10 x 100, 10 x 1000, 10 x 400"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-01", 100, product="term"), balance("2026-09-21", 400),
                      balance("2026-09-26", 50, product="term", business_date="2026-09-26"),
                      balance("2026-09-27", 1000, product="term", business_date="2026-09-11")], "13250/30",
                     id="and again: 10 x 100, 10 x 1000 as term, 5 x 400 as demand, 5 x 50 as term"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-11", 300, sequence=8),
                      balance("2026-09-11", 900, sequence=7, product="term")], "6000/30",
                     id="of one day under two products sequence 8 stands: 20 x 300"),
        pytest.param("month", "2026-09-30", [balance("2026-09-11", 300, business_date="2026-09-10")], "6300/30",
                     id="a balance is of its business date, not of the day on which it is told"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-01", 100), balance("2026-09-21", 400),
                      balance("2026-09-25", 1000, business_date="2026-09-11")], "15000/30",
                     id="back-dated to the 11th: 10 x 100, 10 x 1000 up to the next day told, 10 x 400"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-01", 100), balance("2026-09-21", 100),
                      balance("2026-09-25", 1000, business_date="2026-09-11")], "12000/30",
                     id="a day told ends a correction though nothing changed on it: 10 x 100, 10 x 1000, 10 x 100"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-11", 100), balance("2026-09-25", 500, business_date="2026-08-31")], "7000/30",
                     id="a correction of the month before reaches into this one: 10 x 500, 20 x 100"),
        pytest.param("month", "2026-09-30", [balance("2026-09-01", 600), balance("2026-09-11", -500)], "6000/30",
                     id="overdrawn days count as nothing: 10 x 600"),
        pytest.param("owed", "2026-09-30", [balance("2026-09-01", 600), balance("2026-09-11", -500)], "-4000/30",
                     id="or below zero where the program says so: 10 x 600 less 20 x 500"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-01", 600), balance("2026-09-01", -500, account="a-2")], "18000/30",
                     id="overdrawn by account: what one lacks is not taken from another"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-01", 100), balance("2026-09-16", 200, account="a-2", product="term"),
                      balance("2026-09-01", 9999, account="a-3", product="other")], "6000/30",
                     id="all accounts of the products named together: 30 x 100 and 15 x 200"),
        pytest.param("weighted", "2026-09-30",
                     [balance("2026-09-01", 100), wealth("valued", "2026-09-21", 1000)], "60000/300",
                     id="a fund at three tenths: 30 x 100 and 10 x 300 are 6000 in 30 days, tenfold both"),
        pytest.param("month", "2028-02-29", [balance("2028-02-29", 2900)], "2900/29", id="a leap February has 29 days"),
        pytest.param("month", "2026-02-28", [balance("2026-02-28", 2800)], "2800/28", id="another one 28"),
        pytest.param("quarter", "2026-03-31", [balance("2026-01-31", 10)], "600/90",
                     id="31 January to 31 March are 60 of 90 days"),
        pytest.param("year", "2028-12-31", [balance("2028-12-31", 366)], "366/366", id="a leap year has 366 days"),
        pytest.param("month", "2026-10-31", [balance("2026-09-01", 100)], "3100/31",
                     id="a balance lasts until another is told"),
        pytest.param("month", "2026-09-30",
                     [balance("2026-09-01", 100), balance("2026-09-11", 100, product="other"),
                      balance("2026-09-21", 100)], "2000/30",
                     id="under another product from the 11th to the 20th: 10 x 100 and 10 x 100"),
        pytest.param("ten-days", "2026-09-12", [balance("2026-09-05", 100), balance("2026-09-11", 300)], "1200/10",
                     id="the ten days from the 3rd to the 12th: 6 x 100 and 2 x 300"),
        pytest.param("ever", "2026-09-12", [balance("2026-09-01", 100), balance("2026-09-11", -100)], "800/12",
                     id="a lifetime begins with the first balance told: 10 x 100 less 2 x 100"),
        pytest.param("weighted", "2026-09-30",
                     [wealth("subscribed", "2026-09-01", 500), wealth("redeemed", "2026-09-11", 200),
                      wealth("matured", "2026-09-21", 300)], "24000/300",
                     id="wealth by what was put in and taken out: (10 x 500 + 10 x 300) x 3 tenths"),
        pytest.param("weighted", "2026-09-30",
                     [wealth("subscribed", "2026-09-01", 500), wealth("valued", "2026-09-21", 600),
                      wealth("redeemed", "2026-09-22", 100, business_date="2026-09-11")], "45000/300",
                     id="redeemed late for the 11th: (10 x 500 + 10 x 400 + 10 x 600) x 3 tenths"),
    ],
)  # fmt: skip
def test_the_average_is_what_was_there_each_day(metric: str, on: str, history: list[Told], expected: str) -> None:
    assert average(metric, on, member(history)) == expected


def test_insurance_counts_by_its_cash_value() -> None:
    """Valued at 900 on the 11th and surrendered on the 21st: 10 x 900. Premiums in between are no value."""
    policy = {"policy": "p-1", "product": "life"}
    premium = {**policy, "amount": 100, "annualised_premium": 1200, "payment_term_years": 5, "policy_month": 1}
    history = [
        Told("insurance.premium-paid", "2026-09-01", premium),
        Told("insurance.valued", "2026-09-11", {**policy, "value": 900}),
        Told("insurance.premium-paid", "2026-09-15", premium),
        Told("insurance.surrendered", "2026-09-21", {**policy, "amount": 880}),
    ]
    assert average("insured", "2026-09-30", member(history)) == "9000/30"


@pytest.mark.parametrize(
    ("enrolled_on", "on", "expected"),
    [
        (date(2026, 3, 15), "2027-03-14", "36500/365"),  # 15 March to 14 March: 365 days of 100
        (date(2026, 3, 15), "2027-03-15", "100/1"),  # the next year's first day
        (date(2024, 2, 29), "2027-02-28", "100/1"),  # in common years the anniversary is 28 February
        (None, "2027-03-14", "0/1"),  # not enrolled: no year has begun
    ],
)
def test_years_of_membership_and_in_a_tier(enrolled_on: date | None, on: str, expected: str) -> None:
    history = [balance("2026-01-01", 100)]
    assert average("since-enrolment", on, member(history, enrolled_on=enrolled_on)) == expected
    assert average("in-tier", on, member(history, tier="any", tier_since=enrolled_on)) == expected


def test_an_account_known_before_anybody_asked_has_held_its_balance_since_it_was_told() -> None:
    """30 x 100 when nothing came since; 10 x 100 and 20 x 250 when the 11th tells of another balance."""
    before = member([balance("2026-08-20", 100)])
    before.segments, before.integrals = {}, {}
    assert average("month", "2026-09-30", before) == "3000/30"
    after = member([balance("2026-09-11", 250)], holdings=before.holdings)
    assert average("month", "2026-09-30", after) == "6000/30"


def test_days_out_of_reach_are_kept_as_an_integral() -> None:
    """Ten years of a change a day: at most 400 days and the one they begin in are kept; the lifetime is still exact.

    Day n holds n yuan: 3650 x 3651 / 2 over 3650 days.
    """
    first = date(2016, 9, 1)
    days = [first + timedelta(days=n) for n in range(3650)]
    found = member([balance(day.isoformat(), n + 1) for n, day in enumerate(days)])
    assert len(found.segments["a-1"]["demand"]) == 401
    assert average("ever", days[-1].isoformat(), found) == f"{3650 * 3651 // 2}/3650"
    closed = member([balance("2026-09-10", 1)], closed_through=date(2026, 8, 30), **_kept(found))
    assert min(s[0] for s in closed.segments["a-1"]["demand"]) >= date(2026, 8, 30).toordinal() - 366 - 31


def _kept(of: Member) -> dict[str, Any]:
    return {"segments": of.segments, "integrals": of.integrals, "holdings": of.holdings}


START = date(2026, 1, 1)
told_balances = st.tuples(
    st.sampled_from(["a-1", "a-2"]), st.integers(0, 120), st.integers(0, 9), st.integers(-50, 100)
)


@given(st.lists(told_balances, max_size=40), st.integers(0, 120))
@settings(deadline=None)
def test_it_equals_a_list_of_days_however_the_balances_come(history: list[Any], day: int) -> None:
    """Each account's days one by one: of the balances told of a day or before, the latest day's highest sequence."""
    told = [
        balance((START + timedelta(days=120)).isoformat(), yuan, account,
                business_date=(START + timedelta(days=n)).isoformat(), sequence=sequence)
        for account, n, sequence, yuan in history
    ]  # fmt: skip
    by_day: dict[tuple[str, int], tuple[int, int]] = {}
    for account, n, sequence, yuan in history:
        if (account, n) not in by_day or by_day[account, n][0] <= sequence:
            by_day[account, n] = sequence, yuan

    def at_end_of(account: str, n: int) -> int:
        latest = max((d for a, d in by_day if a == account and d <= n), default=None)
        return 0 if latest is None else by_day[account, latest][1]

    today = START + timedelta(days=day)
    days = range((today.replace(day=1) - START).days, day + 1)
    found = member(told)
    expected = sum(max(at_end_of(account, n), 0) for account in ("a-1", "a-2") for n in days)
    assert average("month", today.isoformat(), found) == f"{expected}/{len(days)}"
    below = sum(at_end_of(account, n) for account in ("a-1", "a-2") for n in days)
    assert average("owed", today.isoformat(), found) == f"{below}/{len(days)}"


@pytest.mark.parametrize("late", ["2024-02-10", "2025-01-01", "2026-08-15"])
def test_a_day_that_is_told_again_counts_once_however_long_ago_it_was(late: str) -> None:
    """1,000 told every month from January 2024 on: to the end of September 2026 that is 366 + 365 + 273 = 1,004 days.

    Through 31 August 2026 all is closed, so that the year and 31 days before it are kept by the day. On a day before
    that the average is the one of the first day that is kept, and no more.
    """
    months = [f"{year}-{month:02}-01" for year in (2024, 2025, 2026) for month in range(1, 13)][:33]
    told = [*(balance(day, 1000) for day in months), balance(late, 1000)]
    found = member(told, date(2026, 8, 31))
    assert average("ever", "2026-09-30", found) == "1004000/1004"
    numerator, denominator = PROGRAM.exact["ever"](found, PROGRAM.evening(date(2024, 2, 10)))
    assert numerator == 1000_00 * denominator
