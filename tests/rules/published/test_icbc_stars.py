"""ICBC's star ratings of personal customers.

Published by the bank as "Star-rated Services for Personal Customers" and its rules of rating: the fixed rating days
are 30 June and 31 December; the way of adjusting is "upgrade in this period, downgrade deferred": a higher rating on a
rating day counts at once, with a lower one the star stays for a grace, which is half a year with five stars, a year
with six and two years with seven. From 50 star points three stars, 500 four, 2,000 five, 10,000 six, 80,000 seven.

Worked by hand, with a star point for 100 yuan: 1,500,000 yuan are 15,000 points (six stars), 8,500,000 are 85,000
(seven), 60,000 are 600 (four). The member joins in May 2025, and ten months bring another point, which changes no star.
"""

import json
from pathlib import Path

import pytest

from rules.language.examples import failures
from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate

PATH = Path(__file__).parents[3] / "rules" / "programs" / "examples" / "icbc-stars.yaml"


def line(kind: str, at: str, **told: object) -> bytes:
    whole = {"specversion": "1.0", "id": f"{kind}-{at}", "source": "/s", "type": f"{kind}.v1", "subject": "m-1"}
    return json.dumps({**whole, "time": f"{at}T12:00:00+08:00", "data": told}).encode()


def balance(day: str, yuan: int) -> bytes:
    told = {"account": "a-1", "product": "demand", "currency": "CNY", "balance_minor": yuan * 100}
    return line("deposit.balance-changed", day, **told)


def close(day: str) -> bytes:
    return line("business-day.closed", day, business_date=day, through=day)


@pytest.mark.parametrize(
    ("yuan", "reached", "first_day_lost", "left"),
    [
        # rated 30 June 2025; missed 31 December 2025; six months, twelve and twenty-four of grace
        (200_000, "five-star", "2026-07-01", "four-star"),
        (1_500_000, "six-star", "2027-01-01", "four-star"),
        (8_500_000, "seven-star", "2028-01-01", "four-star"),
    ],
)
def test_a_lower_rating_is_deferred_by_the_grace_of_the_star(
    yuan: int, reached: str, first_day_lost: str, left: str
) -> None:
    lines = [balance("2025-05-06", yuan), close("2025-07-01"), balance("2025-09-01", 60_000), close(first_day_lost)]
    rows = simulate(lines, Programs([load(PATH.read_text())]))
    assert [(r["to"], r["reason"]) for r in rows if r["kind"] == "tier"] == [
        ("rising", "first-seen"),
        (reached, "earned"),
        (left, "review"),
    ]
    rows = simulate(lines[:-1], Programs([load(PATH.read_text())]))
    assert [r["tier"] for r in rows if r["kind"] == "member"] == [reached]


def test_what_the_program_says_of_itself_holds() -> None:
    assert failures(PATH.read_text()) == []
