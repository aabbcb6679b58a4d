"""ICBC's airport and railway lounges for platinum and black cards.

Published by the bank for 2018: whoever has a limited number of visits uses them by points, one for each visit and one
for each companion; whoever goes without limit has points for companions. What is left converts: a comfortable ride from
or to the airport is 2 points, a ride for seven 3, good until 31 December 2018.
https://51haodu.com/t/SDBsWW!4T2!ycw== keeps a copy of the notice.

Worked by hand, with six visits: 1 + 2 companions leave 3; a ride for seven takes those 3.
"""

from pathlib import Path

import pytest

from rules.language.load import load
from tests.rules.till import Till

PATH = Path(__file__).parents[3] / "rules" / "programs" / "examples" / "icbc-lounge.yaml"
SPENT = {"platinum": 200_000, "black": 2_000_000}


def holder(card: str) -> Till:
    """Someone whose spending has earned the card."""
    till = Till(PATH.read_text(), "2018-01-01T08:00")
    till.earn("2018-01-02T12:00", SPENT[card])
    assert till.member.tier == card
    return till


def visit(till: Till, ref: str, benefit: str = "lounge", **more: int) -> str | None:
    told = {"merchant": "pek-t3", "merchant_ref": ref, "network": "lounges", "benefit": benefit, **more}
    return till.ask("redemption.requested", "2018-03-01T12:00", **told)


def convert(till: Till, benefit: str, into: str, units: int) -> str | None:
    return till.ask("benefit.conversion-requested", "2018-03-01T12:00", benefit=benefit, into=into, units=units)


@pytest.mark.parametrize(("into", "points", "rides"), [("ride", 6, 3), ("large-ride", 6, 2)])
def test_what_is_left_turns_into_rides(into: str, points: int, rides: int) -> None:
    till = holder("platinum")
    assert convert(till, "lounge", into, rides + 1) == "benefit-used-up"
    assert convert(till, "lounge", into, rides) is None
    assert sum(r.units or 0 for d in till.decided for r in d.revocations) == points
    assert visit(till, "r1") == "benefit-used-up"


def test_companions_take_visits_of_those_who_have_a_limited_number() -> None:
    till = holder("platinum")
    assert visit(till, "r1", companions=2) is None
    assert visit(till, "r2", companions=3) == "benefit-used-up"
    assert convert(till, "lounge", "large-ride", 1) is None
    assert visit(till, "r3") == "benefit-used-up"


def test_a_black_card_goes_without_limit_and_its_guests_have_points() -> None:
    till = holder("black")
    assert [visit(till, f"r{n}") for n in range(20)] == [None] * 20
    assert visit(till, "g1", "guests", units=12) is None
    assert visit(till, "g2", "guests") == "benefit-used-up"
    assert convert(till, "lounge", "ride", 1) == "not-convertible"


def test_a_new_year_has_new_visits() -> None:
    till = holder("platinum")
    visit(till, "r1", companions=5)
    till.close("2018-12-31")
    assert [g.units for d in till.decided for g in d.grants if g.benefit_id == "lounge"] == [6, 6]


def test_the_program_speaks_both_languages() -> None:
    assert {"en", "zh"} <= set(load(PATH.read_text()).labels["lounge"])
