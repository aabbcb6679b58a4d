"""China Construction Bank's car wash for card holders.

The published rule: free up to 15 yuan (gold) or 40 yuan (platinum), the rest payable at 250 points a yuan, once a week,
only for cards with enough spending. How much is enough is the program's: here 3,000 yuan in the month of the wash.

Worked by hand. Gold, 40.00: 25.00 above the ceiling, 25 x 250 = 6,250 points. Platinum, 44.50: 4.50 x 250 = 1,125.
Gold, 15.01: a cent is 2.5 points, which is 3. Weeks begin on Monday: 2 March 2026 is one.
"""

from pathlib import Path

import pytest

from rules.language.examples import failures

PATH = Path(__file__).parents[3] / "rules" / "programs" / "examples" / "ccb-car-wash.yaml"
ASKED = "redemption.requested: {{at: {at}, merchant: w, merchant_ref: {ref}, network: car-care, {use}}}"
EXAMPLE = """
  - name: one
    member: {{tier: {tier}}}
    given:
      - card.purchased: {{at: 2026-03-02, amount: 10000.00}}
      - {asked}
    expect: {{reward: {left}, refused: {refused}}}
"""


def expected(tier: str, price: str, left: int, refused: str = "[]", more: str = "") -> list[str]:
    use = f"benefit: car-wash, amount: {price}{more}"
    asked = ASKED.format(at="2026-03-03", ref="r1", use=use)
    text = PATH.read_text().split("examples:")[0] + "examples:"
    example = EXAMPLE.format(tier=tier, asked=asked, left=left, refused=refused)
    return [str(one) for one in failures(text + example)]


@pytest.mark.parametrize(
    ("tier", "price", "points"),
    [
        ("gold", "15.00", 0),
        ("gold", "15.01", 3),
        ("gold", "40.00", 6_250),
        ("platinum", "40.00", 0),
        ("platinum", "44.50", 1_125),
        ("platinum", "80.00", 10_000),
    ],
)
def test_what_is_above_the_ceiling_costs_250_points_a_yuan(tier: str, price: str, points: int) -> None:
    assert expected(tier, price, 10_000 - points) == []
    assert expected(tier, price, 10_000 - points - 1) != []


def test_money_pays_too_and_points_that_are_not_there_pay_nothing() -> None:
    """41.00 above 40.00 would be 10,250 points of 10,000."""
    assert expected("platinum", "81.00", 10_000, "[not-enough-points]") == []
    assert expected("platinum", "81.00", 10_000, more=", excess: money") == []


def test_a_classic_card_washes_no_car() -> None:
    assert expected("classic", "10.00", 10_000, "[benefit-not-granted]") == []
