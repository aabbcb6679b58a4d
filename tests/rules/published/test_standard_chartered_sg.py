"""Standard Chartered Singapore's relationship rewards of Priority Banking, before and from 1 July 2020.

Published as "360° Rewards" (sc.com/sg/rewards-programmes/360-rewards) and "Important Updates to the Standard Chartered
360° Rewards Programme": with S$500 of card spend in the month, deposits, fixed deposits and mortgages 10 points for
every S$10,000, at most 5,000 a month each; investments 25 for every S$10,000 of average monthly balance, at most 5,000,
from 1 July 2020 5 for every S$20,000, at most 500.

Worked by hand for one member who keeps 155,000 of unit trusts from 16 June on and 23,000 of savings: June's average is
15 days of 155,000 in 30 = 77,500, 7 full 10,000 are 7 × 25 = 175 and 2 × 10 = 20 for savings; July's is 155,000, 7 full
20,000 are 7 × 5 = 35, and 20. In August S$499 were spent: nothing.
"""

import json
from pathlib import Path

import pytest

from rules.language.examples import failures
from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate

VERSIONS = sorted((Path(__file__).parents[3] / "rules" / "programs" / "examples" / "standard-chartered-sg").glob("*"))


def line(kind: str, day: str, **told: object) -> bytes:
    whole = {"specversion": "1.0", "id": f"{kind}-{day}", "source": "/s", "type": f"{kind}.v1", "subject": "m-1"}
    return json.dumps({**whole, "time": f"{day}T12:00:00+08:00", "data": told}).encode()


def purchase(day: str, dollars: int) -> bytes:
    where = {"card": "c-1", "mcc": "5411", "merchant": "shop-1", "channel": "pos"}
    return line("card.purchased", day, amount_minor=dollars * 100, currency="SGD", **where)


def close(day: str) -> bytes:
    return line("business-day.closed", day, business_date=day, through=day)


SAVINGS = line(
    "deposit.balance-changed", "2020-06-01", account="a-1", product="savings", currency="SGD", balance_minor=2_300_000
)
FUNDS = line("wealth.valued", "2020-06-16", holding="w-1", product="unit-trust", currency="SGD", value_minor=15_500_000)
JUNE, JULY, AUGUST = purchase("2020-06-10", 500), purchase("2020-07-10", 800), purchase("2020-08-10", 499)


@pytest.mark.parametrize(
    "lines",
    [
        [SAVINGS, JUNE, FUNDS, close("2020-07-01"), JULY, close("2020-08-01"), AUGUST, close("2020-09-01")],
        [SAVINGS, JUNE, FUNDS, JULY, AUGUST, close("2020-09-01")],
    ],
    ids=["month by month", "all at once"],
)
def test_the_version_of_the_months_last_day_gives_its_points(lines: list[bytes]) -> None:
    programs = Programs([load(path.read_text()) for path in VERSIONS])
    rows = [row for row in simulate(lines, programs) if row["kind"] == "posting"]
    assert [(r["rule_id"], r["points"], r["business_date"]) for r in rows] == [
        ("current-and-savings", 20, "2020-06-30"),
        ("investments", 175, "2020-06-30"),
        ("current-and-savings", 20, "2020-07-31"),
        ("investments", 35, "2020-07-31"),
    ]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_what_the_program_says_of_itself_holds(path: Path) -> None:
    assert failures(path.read_text()) == []
