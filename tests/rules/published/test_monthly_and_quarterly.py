"""SBI's quarter, HSBC China's months, CCB Asia's deposits: the programs say it of themselves, and more is asked here.

SBI (statebankrewardz.com, Debit Cards): 1 point for every Rs 200; three transactions in a calendar quarter double the
points earned in that quarter, four transactions worth Rs 2,000 are 20 points instead of 10, and 30 with a Platinum
card; on-time repayment of auto, education and personal loans is 2 points for every Rs 1,000 (Business Standard,
1 July 2015). CCB Asia: "Terms & Conditions of Bonus Points Reward Programme" (asia.ccb.com): HKD 1 a point, time
deposits with new funds, a tenor of a month or above, no renewals. HSBC China: points of the monthly average, insurance
by its cash value on the third-last working day, information tasks 2,500 points once a year, credited next month.
"""

from pathlib import Path

import pytest

from rules.language.examples import failures

EXAMPLES = Path(__file__).parents[3] / "rules" / "programs" / "examples"
CLOSED = "      - close: 2016-07-01\n"
FIFTH = "      - card.purchased: {at: 2016-06-05, amount: 500.00}\n"
FIRST_BACK = """\
      - card.refunded: {at: 2016-07-05, amount: 500.00, original_source: /example, original_id: example-0,
                        original_business_date: 2016-04-10}
"""


@pytest.mark.parametrize("name", ["sbi", "hsbc-china", "ccb-asia"])
def test_what_the_program_says_of_itself_holds(name: str) -> None:
    assert failures((EXAMPLES / f"{name}.yaml").read_text()) == []


@pytest.mark.parametrize(
    ("after", "reward"),
    [
        # a fifth purchase of the quarter is told when it has closed: 2.5 points, of which 2 are whole, and both again
        (FIFTH, 24),
        # the first purchase's money comes back, with its 2 points; three are left, whose 8 count twice
        (FIRST_BACK, 16),
    ],
)
def test_a_quarter_that_has_closed_is_put_right(after: str, reward: int) -> None:
    text = (EXAMPLES / "sbi.yaml").read_text()
    told = f"{CLOSED}    expect: {{reward: 20}}\n"
    assert text.count(told) == 1
    assert failures(text.replace(told, f"{CLOSED}{after}    expect: {{reward: {reward}}}\n")) == []
