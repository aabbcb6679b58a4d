"""What is missing for the next tier, and what for keeping the one held. Figures are worked by hand."""

from datetime import date
from fractions import Fraction

from rules.language.load import load
from rules.member import NO_TERM, Balance, Holding, Member, TierTerm
from rules.program import Program
from rules.standing.progress import progress
from rules.standing.tiers import score, score_lines

TEXT = """
program: corner
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points: {growth: {spendable: false}}
metrics:
  deposits: {balance: {products: [demand]}}
score:
  - {metric: deposits, points: 1 per 1000.00, at_most: 600}
  - {metric: years-with-bank, points: 10 per 1}
tiers:
  review: {every: calendar-quarter, down: one-step, grace_months: 1}
  ladder:
    - {id: basic}
    - {id: core, any: [{deposits: 50000.00}, {growth: 2000}]}
    - {id: vip, all: [{deposits: 500000.00}, {score: 540}]}
"""
DAY = date(2026, 5, 20)


def program() -> Program:
    return load(TEXT)


def member(tier: str, yuan: int, growth: int, term: TierTerm = NO_TERM) -> Member:
    """With the bank since 1 March 2022: four whole years on 20 May 2026."""
    found = Member("b", "m", status="enrolled", tier=tier, term=term, enrolled_on=date(2022, 3, 1))
    found.holdings = {"a": Holding("deposits", "demand", yuan * 100, "CNY", DAY, 0)}
    found.balances = {"growth": Balance(available=growth)}
    found.score = score(found, program(), program().evening(DAY))
    return found


def test_the_score_is_explained_line_by_line() -> None:
    """320,500 yuan are 320 points, four years 40; 900,000 yuan would be 900 and are 600."""
    rich, some = member("core", 900_000, 0), member("core", 320_500, 0)
    moment = program().evening(DAY)
    assert [tuple(one) for one in score_lines(some, program(), moment)] == [
        ("deposits", 32_050_000, 320, 600),
        ("years-with-bank", 4, 40, None),
    ]
    assert (some.score, rich.score) == (360, 640)


def test_what_is_missing_for_the_next_tier() -> None:
    """Vip asks for 500,000 yuan and a score of 540: 179,500 yuan and 180 points more."""
    found = progress(member("core", 320_500, 0), program(), program().evening(DAY))
    assert found.next is not None
    assert [(gap.metric, gap.missing) for gap in found.next.gaps] == [("deposits", 17_950_000), ("score", 180)]
    assert (found.next.tier, found.next.met) == ("vip", False)
    assert [found.next.reached(Fraction(part, 1000)) for part in (641, 642)] == [True, False]
    assert (found.keep is not None and found.keep.met, found.projected) == (True, "core")
    assert found.rated_on == date(2026, 6, 30)


def test_what_is_missing_for_keeping_the_tier() -> None:
    """10,000 yuan and 1,500 of growth are 40,000 and 500 short of core; either would do, and growth is nearer."""
    term = TierTerm(until=date(2026, 6, 30))
    found = progress(member("core", 10_000, 1_500, term), program(), program().evening(DAY))
    assert found.keep is not None
    assert [gap.missing for gap in found.keep.gaps] == [4_000_000, 500]
    assert (found.keep.met, found.projected) == (False, "basic")
    assert [found.keep.reached(Fraction(part, 1000)) for part in (750, 751)] == [True, False]
    assert found.safe_until == date(2026, 6, 30)


def test_a_tier_that_is_locked_is_projected_to_stay() -> None:
    term = TierTerm(locked_until=date(2026, 9, 1))
    assert progress(member("vip", 0, 0, term), program(), program().evening(DAY)).projected == "vip"
    assert progress(member("vip", 0, 0), program(), program().evening(DAY)).projected == "core"
