"""The relationship manager is told at the right moment, once. Days are worked by hand beside each case."""

from datetime import date
from typing import Any

import pytest

from rules.language.load import load
from rules.member import Member, plain, restore
from rules.program import Programs
from rules.signals.watch import Watch
from rules.simulate import simulate
from tests.rules.test_close import close, event

HEAD = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 1, at: month-end}}}
metrics: {spend: {sum: card.purchased.amount, over: calendar-quarter}}
earn: [{id: spend, on: card.purchased, award: {rate: 1 per 1.00, to: reward}}]
tiers:
  review: {every: calendar-quarter, down: to-earned, safe_periods: 0}
  ladder: [{id: basic}, {id: gold, all: [{spend: 1000.00}]}]
benefits: {wash: {network: car, units: {gold: 2}, per: calendar-quarter}}
signals:
"""


def enrolled(**told: Any) -> bytes:
    who = {"manager": "rm-1", "deputy": "rm-2", "birth_month": 2, "birth_day": 29}
    return event("member.enrolled", "2026-01-02T09:00:00+08:00", **{**who, **told})


def balance(at: str, yuan: int, account: str = "a-1", **more: Any) -> bytes:
    told = {"account": account, "product": "demand", "currency": "CNY", "balance_minor": yuan * 100, **more}
    return event("deposit.balance-changed", at, **told)


def bought(day: str, yuan: int) -> bytes:
    told = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "channel": "pos", "currency": "CNY"}
    return event("card.purchased", f"{day}T12:00:00+08:00", amount_minor=yuan * 100, **told)


def told(signal: str, *lines: bytes) -> list[tuple[str, str | None]]:
    """The days on which the signal is raised, each with the day that it is about."""
    rows = list(simulate(lines, Programs([load(f"{HEAD}  - {signal}\n")]), signals=True))
    assert not [row for row in rows if row["kind"] == "refused"]
    return [(row["day"], row["due_on"]) for row in rows if row["kind"] == "signal"]


JAN, FEB = "2026-01-05T10:00:00+08:00", "2026-02-05T10:00:00+08:00"


@pytest.mark.parametrize(
    ("when", "changes", "days"),
    [
        # 5,000 to 2,000 in one go
        ("outflow: {at_least: 3000.00, within_days: 3}", [(JAN, 5000), (FEB, 2000)], ["2026-02-05"]),
        ("outflow: {at_least: 3000.01, within_days: 3}", [(JAN, 5000), (FEB, 2000)], []),
        # 2,000 and 1,000 on the third day count together, on the fourth no more
        ("outflow: {at_least: 3000.00, within_days: 3}",
         [(JAN, 5000), (FEB, 3000), ("2026-02-07T10:00:00+08:00", 2000)], ["2026-02-07"]),
        ("outflow: {at_least: 3000.00, within_days: 3}",
         [(JAN, 5000), (FEB, 3000), ("2026-02-08T10:00:00+08:00", 2000)], []),
        # out and in again is no drop, though 3,000 went out
        ("balance_drop: {at_least: 3000.00, within_days: 3}",
         [(JAN, 5000), (FEB, 2500), ("2026-02-05T11:00:00+08:00", 5000), ("2026-02-05T12:00:00+08:00", 2500)], []),
        ("balance_drop: {at_least: 3000.00, within_days: 3}", [(JAN, 5000), (FEB, 2000)], ["2026-02-05"]),
        ("inflow: {at_least: 4000.00, within_days: 1}", [(JAN, 1000), (FEB, 5000)], ["2026-02-05"]),
        # 23:30 in London is the next day in Shanghai
        ("inflow: {at_least: 4000.00, within_days: 1}", [(JAN, 1000), ("2026-02-04T23:30:00Z", 5000)], ["2026-02-05"]),
        # what an account held when it is first heard of did not come in
        ("inflow: {at_least: 4000.00, within_days: 1}", [(JAN, 5000)], []),
    ],
)  # fmt: skip
def test_large_money_is_seen_at_once(when: str, changes: list[tuple[str, int]], days: list[str]) -> None:
    lines = [balance(at, yuan) for at, yuan in changes]
    assert told(f"{{id: money, when: {{{when}}}}}", enrolled(), *lines) == [(day, None) for day in days]


def test_what_was_told_is_not_told_again_before_its_quiet_days_are_over() -> None:
    """3,000 on 5 and 9 February: within three days' quiet they are two signals, within five one."""
    lines = (enrolled(), balance(JAN, 9000), balance(FEB, 6000), balance("2026-02-09T10:00:00+08:00", 3000))
    flow = "when: {outflow: {at_least: 3000.00, within_days: 1}}, due_in_days: 2"
    twice = [("2026-02-05", "2026-02-07"), ("2026-02-09", "2026-02-11")]
    assert told(f"{{id: money, {flow}, quiet_days: 3}}", *lines) == twice
    assert told(f"{{id: money, {flow}, quiet_days: 5}}", *lines) == twice[:1]


def test_money_that_an_event_says_came_in_counts_on_an_account_never_heard_of() -> None:
    line = balance(JAN, 5000, change_minor=450_000)
    assert told("{id: money, when: {inflow: {at_least: 4500.00, within_days: 1}}}", enrolled(), line) == [
        ("2026-01-05", None)
    ]


@pytest.mark.parametrize(
    ("signal", "lines", "days"),
    [
        # born on 29 February: kept on the 28th in 2026 and 2027, on the 29th in 2028
        ("{id: b, when: {birthday_in_days: 3}}", [close("2028-12-31")],
         [("2026-02-25", "2026-02-28"), ("2027-02-25", "2027-02-28"), ("2028-02-26", "2028-02-29")]),
        ("{id: b, when: {birthday_in_days: 0}}", [close("2026-02-26")], []),
        ("{id: b, when: {birthday_in_days: 0}}", [close("2026-02-27")], [("2026-02-28", "2026-02-28")]),
        # last heard of on 5 January, 30 days on
        ("{id: q, when: {quiet_for_days: 30}}", [balance(JAN, 1), close("2026-12-31")], [("2026-02-04", None)]),
        ("{id: q, when: {quiet_for_days: 30}}", [balance(JAN, 1), close("2026-02-01"), balance(FEB, 1),
                                                 close("2026-12-31")], [("2026-03-07", None)]),
        # basic since 2 January: after 60 days and again, from a contact on 10 March anew
        ("{id: c, when: {not_contacted_for_days: {basic: 60}}}", [close("2026-05-31")],
         [("2026-03-03", None), ("2026-05-02", None)]),
        ("{id: c, when: {not_contacted_for_days: {basic: 60}}}",
         [close("2026-03-05"), event("member.contacted", "2026-03-10T10:00:00+08:00", channel="phone"),
          close("2026-05-31")], [("2026-03-03", None), ("2026-05-09", None)]),
        ("{id: c, when: {not_contacted_for_days: {gold: 60}}}", [close("2026-05-31")], []),
        # points of 5 January expire on 1 March
        ("{id: p, when: {points_expire_in_days: 14, at_least: 50}}", [bought("2026-01-05", 50), close("2026-05-31")],
         [("2026-02-15", "2026-03-01")]),
        ("{id: p, when: {points_expire_in_days: 14, at_least: 51}}", [bought("2026-01-05", 50), close("2026-05-31")],
         []),
        # two washes of the first quarter, not used 14 days before 1 April
        ("{id: u, when: {units_expire_in_days: 14}}", [bought("2026-02-05", 1000), close("2026-05-31")],
         [("2026-03-18", "2026-04-01")]),
        # 800 of 1,000
        ("{id: r, when: {tier_in_reach: 80%}}", [bought("2026-01-05", 799)], []),
        ("{id: r, when: {tier_in_reach: 80%}}", [bought("2026-01-05", 799), bought("2026-01-06", 1)],
         [("2026-01-06", None)]),
        ("{id: r, when: {tier_in_reach: 80%}}", [bought("2026-01-05", 1000)], []),
        # gold in the first quarter; 10 days before 30 June the second one has not earned it
        ("{id: k, when: {days_to_review: 10, below_tier: true}}", [bought("2026-02-05", 1000), close("2026-06-30")],
         [("2026-06-20", "2026-06-30")]),
        ("{id: k, when: {days_to_review: 10, below_tier: true}}",
         [bought("2026-02-05", 1000), close("2026-04-02"), bought("2026-05-05", 1000), close("2026-06-30")], []),
    ],
)  # fmt: skip
def test_what_has_a_day_is_told_on_its_morning(
    signal: str, lines: list[bytes], days: list[tuple[str, str | None]]
) -> None:
    assert told(signal, enrolled(), *lines) == days


def test_a_deposit_that_is_about_to_mature_is_told_unless_it_is_gone() -> None:
    """Opened on 31 March for three months: matures on 30 June."""
    opened = {"account": "t-1", "product": "term-3m", "currency": "CNY", "amount_minor": 100, "balance_minor": 100}
    deposit = event("term-deposit.opened", "2026-03-31T10:00:00+08:00", **opened, tenor_months=3, new_money=True,
                    renewal=False)  # fmt: skip
    gone = event("term-deposit.withdrawn-early", "2026-05-05T10:00:00+08:00", **{**opened, "balance_minor": 0})
    signal = "{id: m, when: {matures_in_days: 7}}"
    assert told(signal, enrolled(), deposit, close("2026-12-31")) == [("2026-06-23", "2026-06-30")]
    assert told(signal, enrolled(), deposit, gone, close("2026-12-31")) == []


@pytest.mark.parametrize(
    ("to", "who"), [("manager", ("rm-1", None)), ("deputy", (None, "rm-2")), ("both", ("rm-1", "rm-2"))]
)
def test_a_signal_goes_to_whom_the_program_says(to: str, who: tuple[str | None, str | None]) -> None:
    text = f"{HEAD}  - {{id: b, when: {{birthday_in_days: 3}}, to: {to}, priority: high}}\n"
    rows = [*simulate([enrolled(), close("2026-03-01")], Programs([load(text)]), signals=True)]
    (row,) = [row for row in rows if row["kind"] == "signal"]
    assert (row["manager"], row["deputy"], row["priority"]) == (*who, "high")
    silent = [*simulate([enrolled(), close("2026-03-01")], Programs([load(text)]))]
    assert silent == [row for row in rows if row["kind"] != "signal"]


def test_what_is_watched_of_a_member_is_stored_whole() -> None:
    day = date(2026, 1, 5)
    member = Member("b", "m")
    member.watch = Watch(active_on=day).flowed(day, -500, 3).maturing("t-1", day).raising("q", day, 30)
    assert restore(Member("b", "m"), plain(member)) == member
