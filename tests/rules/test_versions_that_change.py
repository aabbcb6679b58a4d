"""A next version may change what a word means; members carry on by it. Figures are worked by hand."""

from itertools import permutations
from typing import Any

import pytest

from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate
from tests.rules.test_close import close, event
from tests.rules.test_reviews import UP, bought, by_hand, changes, program

HEAD = """
program: corner
semantics: 1
version: {}
time_zone: Asia/Shanghai
currency: CNY
points: {{reward: {{spendable: true}}}}
earn: [{{id: spend, on: card.purchased, award: {{rate: 1 per 1.00, to: reward}}}}]
"""
LADDER = "tiers: {ladder: [{id: basic}, {id: gold, any: [{spend: 500.00}]}]}\n"
SPEND = "metrics: {spend: {sum: card.purchased.amount, over: lifetime}}\n"


def versions(first: str, second: str, since: str = "2026-03-01") -> Programs:
    return Programs([load(HEAD.format("2026-01-01") + first), load(HEAD.format(since) + second)])


def outcome(programs: Programs, *lines: bytes) -> list[dict[str, Any]]:
    found = list(simulate(lines, programs))
    assert not [row for row in found if row["kind"] == "refused"]
    return found


def enrolled(day: str) -> bytes:
    return event("member.enrolled", f"{day}T12:00:00+08:00")


def wash(period: str) -> str:
    return f"benefits: {{wash: {{network: car, units: 4, per: {period}}}}}\n"


ALLOWED = (enrolled("2026-01-05"), close("2026-01-31"), close("2026-03-31"))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # the tier year begins when the version does
        ("calendar-year", "tier-year", [("2026-01-05", "2027-01-01"), ("2026-03-01", "2027-03-01")]),
        ("calendar-month", "tier-year", [
            ("2026-01-05", "2026-02-01"), ("2026-02-01", "2026-03-01"), ("2026-03-01", "2027-03-01"),
        ]),
        # the year of membership that had them already is not given them again
        ("membership-year", "tier-year", [("2026-01-05", "2027-01-05")]),
        ("tier-year", "calendar-year", [("2026-01-05", "2027-01-05"), ("2026-03-01", "2027-01-01")]),
    ],
)  # fmt: skip
def test_an_allowance_may_be_of_another_period(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    rows = outcome(versions(wash(before), wash(after)), *ALLOWED)
    assert [(r["valid_from"], r["valid_until"]) for r in rows if r["kind"] == "grant"] == expected


def counting(metric: str) -> str:
    return f"metrics: {{m: {metric}}}\n"


def test_a_metric_may_be_of_another_kind_or_window_and_begins_anew() -> None:
    """Two purchases of 100.00 before March, one on the 10th: looked at on that day and ten days after it."""
    lines = (enrolled("2026-01-05"), bought("2026-01-10", 100), bought("2026-02-10", 100), bought("2026-03-10", 100))
    later = event("member.updated", "2026-03-20T12:00:00+08:00")
    kinds = {
        "{count: card.purchased, over: lifetime}": 1,
        "{days_since: card.purchased}": 10,
        "{sum: card.purchased.amount, over: lifetime}": 10000,
        "{sum: card.purchased.amount, over: calendar-year}": 10000,
        "{sum: card.purchased.amount, over: {days: 30}}": 10000,
        "{points: reward, over: membership-year}": 100,
    }
    old, new = ([load(HEAD.format(day) + counting(kind)) for kind in kinds] for day in ("2026-01-01", "2026-03-01"))
    for before, after in permutations(range(len(kinds)), 2):
        rows = outcome(Programs([old[before], new[after]]), *lines, later, close("2026-03-31"))
        assert rows[-1]["metrics"]["m"] == list(kinds.values())[after], (before, after)


@pytest.mark.parametrize("locked_until", ["2026-02-20", "2026-03-10", "2026-06-30"])
def test_a_version_without_tiers_leaves_a_tier_as_it_is_and_unlocks_it(locked_until: str) -> None:
    lines = (enrolled("2026-01-05"), by_hand("2026-01-06", "gold", locked_until), close("2026-02-28"))
    rows = outcome(versions(SPEND + LADDER, SPEND), *lines, bought("2026-03-05", 900), close("2026-12-31"))
    tiers = [(r["from"], r["to"], r["reason"]) for r in rows if r["kind"] == "tier"]
    ended = [("gold", "basic", "review")] if locked_until < "2026-03-01" else []
    assert tiers == [(None, "basic", "first-seen"), ("basic", "gold", "manual"), *ended]
    assert rows[-1]["tier"] == ("basic" if ended else "gold")


def test_a_version_without_tiers_ends_no_grace() -> None:
    """Gold in February, missed on 31 March, kept until June; tiers are gone from May on."""
    review = "review: {every: calendar-quarter, down: to-earned, safe_periods: 0, grace_months: 3}, "
    spend = SPEND.replace("lifetime", "calendar-month")
    tiers = LADDER.replace("{ladder", "{" + review + "ladder")
    lines = (bought("2026-02-10", 500), close("2026-04-30"), bought("2026-05-02", 1), close("2026-12-31"))
    rows = outcome(versions(spend + tiers, spend, "2026-05-01"), *lines)
    assert [(r["to"], r["reason"]) for r in rows if r["kind"] == "tier"] == [
        ("basic", "first-seen"),
        ("gold", "earned"),
    ]


def test_points_that_come_to_expire_by_inactivity_count_from_the_day_they_were_earned() -> None:
    """Never until March; then 100 of 10 January expire on 10 July, after six months without any."""
    old = load(HEAD.format("2026-01-01"))
    lasting = HEAD.format("2026-03-01").replace("true}", "true, expires: {after_inactive_months: 6}}")
    lines = (bought("2026-01-10", 100), close("2026-01-31"), close("2026-07-08"))
    programs = Programs([old, load(lasting)])
    assert outcome(programs, *lines)[-1]["balances"] == {"reward": 100}
    assert outcome(programs, *lines, close("2026-07-09"))[-1]["balances"] == {"reward": 0}


def test_a_rating_day_is_decided_when_the_version_of_that_day_says() -> None:
    """Gold of the first quarter and nothing since: 30 June is decided on 5 July, by 5 days, 30 September by one.

    The version of one day begins on 3 July.
    """
    old, new = (program(f"{{every: calendar-quarter, safe_periods: 0, after_days: {days}}}") for days in (5, 1))
    texts = [old, new.replace("version: 2026-01-01", "version: 2026-07-03")]
    lines = (bought("2026-02-10", 500), close("2026-04-30"))
    down = ("gold", "silver", "review"), ("silver", "basic", "review")
    assert changes(texts, *lines, close("2026-07-04")) == [UP]
    assert changes(texts, *lines, close("2026-07-05")) == [UP, down[0]]
    assert changes(texts, *lines, close("2026-09-30")) == [UP, down[0]]
    assert changes(texts, *lines, close("2026-10-01")) == [UP, *down]
