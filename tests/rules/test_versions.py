"""A program's next version takes over at midnight in its zone, and members keep what they have."""

import json
from typing import Any

import pytest

from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate

OLD = """
program: next
semantics: 1
version: 2026-01-01
time_zone: Europe/Prague
currency: CZK
points:
  reward: {spendable: true, expires: {after_months: 1, at: month-end}}
  growth: {spendable: false}
lists:
  sweets: [{mcc: [5441]}, {from: 2026-03-20, mcc: [5441, 5451]}]
metrics:
  spend-month: {sum: card.purchased.amount, over: calendar-month}
  deposits-month: {average_daily_balance: {products: [demand]}, over: calendar-month}
tiers:
  ladder:
    - {id: basic}
    - {id: silver, any: [{growth: 100}]}
    - {id: gold, any: [{growth: 200}]}
    - {id: black, any: [{growth: 1000}]}
earn:
  - {id: card, on: card.purchased, award: {rate: 1 per 1.00, to: growth}, cap: {member-month: 300}}
  - {id: cents, on: bill.paid, award: {rate: 1 per 100.00, to: reward}, carry: true}
  - {id: sweets, on: card.purchased, stage: bonus, when: {mcc: {in: sweets}}, award: {points: 5, to: reward}}
  - {id: month, every: calendar-month, award: {rate: 1 per 100.00, of: spend-month, to: reward}}
  - id: autumn
    on: channel.activated
    from: 2026-03-10
    until: 2026-03-20
    award: {points: 7, to: reward}
"""


def new(day: str) -> str:
    """The next version: five points for 100.00 of a month, no gold, no more than 320 for the card in a month."""
    text = OLD.replace("2026-01-01", day).replace("    - {id: gold, any: [{growth: 200}]}\n", "")
    return text.replace("member-month: 300", "member-month: 320").replace("1 per 100.00, of", "5 per 100.00, of")


def event(type_: str, at: str, **told: Any) -> bytes:
    whole = {"specversion": "1.0", "id": f"{type_}-{at}", "source": "/s", "type": f"{type_}.v1", "subject": "m-1"}
    return json.dumps({**whole, "time": at, "data": told}).encode()


def purchase(at: str, crowns: int, mcc: str = "5411") -> bytes:
    where = {"card": "c-1", "mcc": mcc, "merchant": "shop-1", "channel": "pos"}
    return event("card.purchased", at, amount_minor=crowns * 100, currency="CZK", **where)


def bill(at: str, crowns: int) -> bytes:
    of = {"account": "a-1", "biller": "power-1", "kind": "electricity"}
    return event("bill.paid", at, amount_minor=crowns * 100, currency="CZK", **of)


def close(day: str) -> bytes:
    return event("business-day.closed", f"{day}T23:59:00Z", business_date=day, through=day)


def rows(*lines: bytes, versions: tuple[str, ...] = (OLD,)) -> list[dict[str, Any]]:
    return list(simulate(lines, Programs([load(text) for text in versions])))


def points(found: list[dict[str, Any]], rule: str) -> list[int]:
    return [row["points"] for row in found if row["kind"] == "posting" and row["rule_id"] == rule]


def last(found: list[dict[str, Any]]) -> dict[str, Any]:
    return found[-1]


@pytest.mark.parametrize(
    ("at", "given"),
    [
        ("2026-03-31T23:59:59+02:00", 1),  # the last second of March in Prague
        ("2026-03-31T21:59:59Z", 1),  # the same, in Greenwich
        ("2026-03-31T22:00:00Z", 5),  # midnight in Prague: April, and the version of April
        ("2026-04-01T00:00:00+02:00", 5),
    ],
)
def test_a_version_takes_over_at_midnight_in_its_zone(at: str, given: int) -> None:
    """100.00 are a point in the month of the old version and five in the month of the new one."""
    found = rows(purchase(at, 100), close("2026-05-01"), versions=(OLD, new("2026-04-01")))
    assert points(found, "month") == [given]


def test_counters_and_fractions_are_carried_into_the_next_version() -> None:
    """250 of March are used when the cap becomes 320: 70 are left. Bills of 60 and 70 are a point, and 0.3 is kept."""
    lines = [
        purchase("2026-03-05T12:00:00+01:00", 250),
        bill("2026-03-05T12:00:00+01:00", 60),
        purchase("2026-03-20T12:00:00+01:00", 100),
        bill("2026-03-20T12:00:00+01:00", 70),
    ]
    found = rows(*lines, versions=(OLD, new("2026-03-15")))
    assert points(found, "card") == [250, 70]
    assert points(found, "cents") == [1]
    again = rows(*lines, bill("2026-03-21T12:00:00+01:00", 70), versions=(OLD, new("2026-03-15")))
    assert points(again, "cents") == [1, 1]


def test_a_tier_that_the_next_version_lacks_becomes_the_one_earned_in_it() -> None:
    """Gold of 250 growth points; the next version has basic, silver (100) and black (1,000)."""
    found = rows(purchase("2026-03-05T12:00:00+01:00", 250), close("2026-03-14"), close("2026-03-31"))
    assert last(found)["tier"] == "gold"
    found = rows(
        purchase("2026-03-05T12:00:00+01:00", 250), close("2026-03-14"), close("2026-03-31"),
        versions=(OLD, new("2026-03-15")),
    )  # fmt: skip
    assert last(found)["tier"] == "silver"
    assert [(r["from"], r["to"]) for r in found if r["kind"] == "tier"][-1] == ("gold", "silver")


def test_a_month_is_given_whole_by_the_version_of_its_last_day() -> None:
    """The version begins on 15 March: all 400.00 of March count five for a hundred, and February's 100.00 one."""
    lines = [
        purchase("2026-02-05T12:00:00+01:00", 100), purchase("2026-03-05T12:00:00+01:00", 300),
        purchase("2026-03-20T12:00:00+01:00", 100), close("2026-04-01"),
    ]  # fmt: skip
    assert points(rows(*lines, versions=(OLD, new("2026-03-15"))), "month") == [1, 20]


def test_a_late_event_is_decided_by_the_version_of_its_time() -> None:
    """March closed under the old version: 100.00 more of it, told in April, are a point; of April they are five."""
    lines = [
        purchase("2026-03-05T12:00:00+01:00", 300), close("2026-04-01"),
        purchase("2026-03-20T12:00:00+01:00", 100), purchase("2026-04-20T12:00:00+02:00", 100), close("2026-05-01"),
    ]  # fmt: skip
    assert points(rows(*lines, versions=(OLD, new("2026-04-01"))), "month") == [3, 1, 5]


@pytest.mark.parametrize(
    ("day", "given"), [("2026-03-09", []), ("2026-03-10", [7]), ("2026-03-19", [7]), ("2026-03-20", [])]
)
def test_a_rule_begins_and_ends_in_the_middle_of_a_month(day: str, given: list[int]) -> None:
    told = event("channel.activated", f"{day}T12:00:00+01:00", channel="mobile-bank")
    assert points(rows(told), "autumn") == given


@pytest.mark.parametrize(
    ("day", "mcc", "given"),
    [("2026-03-19", "5451", []), ("2026-03-20", "5451", [5]), ("2026-03-19", "5441", [5]), ("2026-03-20", "5441", [5])],
)
def test_a_list_changes_with_a_day(day: str, mcc: str, given: list[int]) -> None:
    assert points(rows(purchase(f"{day}T12:00:00+01:00", 10, mcc)), "sweets") == given


@pytest.mark.parametrize(
    ("month", "crowns", "first", "given"),
    [
        # the balance times the days held ÷ the days of the month, in hundreds, rounded down
        ("2026-03", 3100, 29, 3),  # 300.00: the 29th, of 23 hours, and the two days after it
        ("2026-10", 3100, 25, 7),  # 700.00: the 25th, of 25 hours, and six more
        ("2028-02", 2900, 29, 1),  # 100.00: 29 February, in a month of 29
        ("2026-02", 2800, 28, 1),
        ("2026-04", 3000, 30, 1),
    ],
)
def test_days_count_alike_whatever_their_length(month: str, crowns: int, first: int, given: int) -> None:
    text = OLD.replace("of: spend-month", "of: deposits-month")
    year, number = month.split("-")
    told = event("deposit.balance-changed", f"{month}-{first:02}T01:30:00Z", account="a-1", product="demand",
                 balance_minor=crowns * 100, currency="CZK")  # fmt: skip
    after = f"{int(year) + int(number) // 12}-{int(number) % 12 + 1:02}-01"
    found = rows(told, close(after), versions=(text,))
    assert points(found, "month") == [given]


@pytest.mark.parametrize(
    ("closed", "expires_on"),
    [
        ("2026-02-01", "2026-03-01"),  # January's points are those of 31 January: to the end of February
        ("2028-02-01", "2028-03-01"),  # which has 29 days
        ("2026-11-01", "2026-12-01"),
    ],
)
def test_points_of_a_period_expire_as_if_earned_on_its_last_day(closed: str, expires_on: str) -> None:
    year, month, _ = closed.split("-")
    found = rows(purchase(f"{year}-{int(month) - 1:02}-10T12:00:00Z", 200), close(closed))
    [row] = [row for row in found if row["kind"] == "posting" and row["rule_id"] == "month"]
    assert row["expires_on"] == expires_on
