"""Two published rules about the life of points, each a program with its examples.

China CITIC Bank's credit cards: a point for a yuan, each posting truncated to whole yuan; the birthday month doubles,
up to a bound; valid 24 months and then to the end of that month. Worked by hand: 29 February 2028 and 24 months lie in
February 2030, so 1 March 2030 is the first day not valid; 31 December 2026 gives 1 January 2029.

InsureDIY (Hong Kong): up to 15 % of the first-year premium in four parts of three months; forfeited if the policy ends
in year one. Worked by hand: 7,001.00 at 15 % are 105,015 cents, in four parts 26,253, 26,254, 26,254 and 26,254. Paid
on 30 November 2026, they come on 28 February, 30 May, 30 August and 30 November 2027.
"""

from datetime import date
from pathlib import Path

import pytest

from rules.language.load import load
from tests.rules.books import MEMBER, Books

PROGRAMS = Path(__file__).parents[3] / "rules" / "programs" / "examples"
PREMIUM = {"product": "term-life", "currency": "HKD", "annualised_premium_minor": 700_100, "payment_term_years": 1}


@pytest.mark.parametrize(
    ("earned", "first_day_not_valid"),
    [
        (date(2028, 2, 29), date(2030, 3, 1)),
        (date(2026, 12, 31), date(2029, 1, 1)),
        (date(2026, 10, 1), date(2028, 11, 1)),
        (date(2026, 10, 31), date(2028, 11, 1)),
    ],
)
def test_citic_points_are_valid_to_the_end_of_the_month(earned: date, first_day_not_valid: date) -> None:
    program = load((PROGRAMS / "citic-cards.yaml").read_text())
    assert program.point_types["reward"].expires(earned) == first_day_not_valid


def test_insurediy_gives_four_parts_of_which_the_last_are_the_larger() -> None:
    books = Books((PROGRAMS / "insurediy.yaml").read_text())
    books.says("insurance.premium-paid", "2026-11-30", policy="p-1", amount_minor=700_100, policy_month=1, **PREMIUM)
    lots = sorted(books.memory.lots(MEMBER).values(), key=lambda lot: lot.releases_on or date.max)
    assert [(lot.points, lot.releases_on) for lot in lots] == [
        (26_253, date(2027, 2, 28)),
        (26_254, date(2027, 5, 30)),
        (26_254, date(2027, 8, 30)),
        (26_254, date(2027, 11, 30)),
    ]
    books.close("2027-02-26")
    assert books.member.balances["cents"].available == 0
    books.close("2027-02-27")
    assert books.member.balances["cents"].available == 26_253
    books.says("insurance.ended", "2027-03-05", policy="p-1", product="term-life", cause="lapsed")
    assert books.member.balances["cents"].total == 26_253
