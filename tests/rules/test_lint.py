"""What is hardly meant, or what regulators bar, is found at its line, with what would mend it."""

from pathlib import Path

import pytest

from rules.language.findings import FINDINGS
from rules.language.lint import findings
from rules.language.problems import ProgramRefused

PROGRAM = """\
program: small
semantics: 1
version: 2026-01-01
time_zone: Asia/Shanghai
currency: CNY
points:
  reward: {spendable: true}
  growth: {spendable: false}
metrics:
  deposits: {balance: {products: [demand]}}
  deposits-quarter: {average_daily_balance: {products: [demand]}, over: calendar-quarter}
  spend-month: {sum: card.purchased.amount, over: calendar-month}
  spend-year: {sum: card.purchased.amount, over: calendar-year}
  bills-month: {count: bill.paid, over: calendar-month}
  growth-year: {points: growth, over: calendar-year}
groups:
  extra: {choose: first}
earn:
  - {id: card, on: card.purchased, award: {rate: 1 per 1.00, to: [reward, growth]}, cap: {member-month: 100}}
  - {id: term, on: term-deposit.opened, award: {points: 50, to: reward}, cap: {event: 50}, restrict: no-goods}
  - {id: twice, on: card.purchased, multiply: {by: 2, points: reward}, group: extra, priority: 10, when: {mcc: 5411}}
  - {id: thrice, on: card.purchased, multiply: {by: 3, points: reward}, group: extra, priority: 20}
  - {id: month, every: calendar-month, award: {rate: 1 per 100.00, of: deposits-quarter, to: reward}, restrict: service}
score:
  - {metric: deposits-quarter, points: 1 per 1000.00, at_most: 600}
  - {metric: years-with-bank, points: 10 per 1, at_most: 100}
tiers:
  review: {every: calendar-quarter, safe_periods: 0}
  ladder:
    - {id: basic}
    - {id: silver, any: [{growth-year: 1000}, {score: 100}]}
    - {id: gold, all: [{growth-year: 5000}, {score: 600}]}
benefits:
  wash: {network: car, units: {gold: 2}, per: calendar-year}
"""
BY_HAND = """\
adjustments:
  extend: {at_most_days: 9}
  reasons: [sorry]
  approvals: [{up_to: 1, by: 1}]
"""
CASES = [
    # tiers
    ("{growth-year: 5000}, {score: 600}", "{growth-year: 5000}, {score: 701}", "tier-unreachable", "gold", 32),
    (
        "all: [{growth-year: 5000}, {score: 600}]",
        "any: [{growth-year: 900}, {score: 90}]",
        "tier-unreachable",
        "silver",
        31,
    ),
    (
        "all: [{growth-year: 5000}, {score: 600}]",
        "any: [{growth-year: 1000}, {score: 100}]",
        "tier-unreachable",
        "silver",
        31,
    ),
    ("to: [reward, growth]", "to: reward", "tier-unreachable", "gold", 32),
    ("{every: calendar-quarter, safe_periods: 0}", "{every: calendar-month, safe_periods: 0}", None, "", 0),
    ("[{growth-year: 1000}, {score: 100}]", "[{bills-month: 2}]", "tier-flaps", "silver", 31),
    ("[{growth-year: 1000}, {score: 100}]", "[{spend-month: 500.00}]", "tier-flaps", "silver", 31),
    ("[{growth-year: 1000}, {score: 100}]", "[{spend-year: 500.00}]", None, "", 0),
    # rules
    ("{id: card,", "{id: card, until: 2026-01-01,", "rule-unreachable", "card", 19),
    ("priority: 10, when: {mcc: 5411}", "priority: 10", "rule-unreachable", "thrice", 22),
    (
        "multiply: {by: 3, points: reward}",
        "multiply: {by: 3, points: reward, rules: [term]}",
        "rule-unreachable",
        "thrice",
        22,
    ),
    ("priority: 10,", "priority: 20,", "exclusive-without-priority", "twice", 21),
    ("cap: {event: 50}", "cap: {event: 49}", "cap-below-award", "term", 20),
    ("cap: {event: 50}", "cap: {member-day: 10}", "cap-below-award", "term", 20),
    ("rate: 1 per 1.00,", "rate: 500 per full 1000.00,", "cap-below-award", "card", 19),
    # regulation
    (", restrict: no-goods", "", "deposit-gift", "term", 20),
    (", restrict: service", "", "deposit-gift", "month", 23),
    (", to: reward}, restrict: service", ", to: growth}", None, "", 0),
    ("of: deposits-quarter, to", "of: deposits, to", "month-end-balance", "month", 23),
    (
        "of: deposits-quarter, to: reward}",
        "of: deposits-quarter, to: reward}, gate: {deposits: {at_least: 1.00}}",
        "month-end-balance",
        "month",
        23,
    ),
    ("{metric: deposits-quarter,", "{metric: deposits,", "month-end-balance", "silver", 31),
    ("[{growth-year: 1000}, {score: 100}]", "[{deposits: 1000.00}]", "month-end-balance", "silver", 31),
    # benefits and words
    ("units: {gold: 2}", "units: {gold: 0}", "benefit-unreachable", "wash", 34),
    ("currency: CNY", "currency: CNY\nlanguages: [en, zh]", "translation-missing", "reward", 8),
    ("reward: {spendable: true}", "reward: {label: {en: Points}, spendable: true}", None, "", 0),
    # by hand
    (
        "units: {gold: 2}, per: calendar-year}",
        f"units: {{gold: 2}}, per: calendar-year}}\n{BY_HAND}",
        "nothing-expires",
        "extend",
        36,
    ),
    (
        "currency: CNY",
        "currency: CNY\naccept: [{finding: tier-flaps, because: we mean it so}]",
        "accepted-in-vain",
        "tier-flaps",
        6,
    ),
]


def found(text: str) -> list[tuple[str, str, int]]:
    return [(one.finding, one.of, one.line) for one in findings(text)]


def test_the_program_itself_is_clean() -> None:
    assert found(PROGRAM) == []


@pytest.mark.parametrize(("right", "changed", "finding", "of", "line"), CASES)
def test_what_is_found(right: str, changed: str, finding: str | None, of: str, line: int) -> None:
    assert PROGRAM.count(right) == 1
    there = found(PROGRAM.replace(right, changed))
    assert (finding, of, line) in there if finding else there == []


def test_every_kind_of_finding_has_its_case() -> None:
    assert {finding for _, _, finding, _, _ in CASES if finding} == set(FINDINGS)


def test_what_is_accepted_with_a_reason_is_not_found() -> None:
    text = PROGRAM.replace(", restrict: no-goods", "")
    for about in ("", ", of: term"):
        accept = f"accept: [{{finding: deposit-gift{about}, because: the regulator agreed}}]\n"
        assert found(text + accept) == []
    (still, vain) = found(text + "accept: [{finding: deposit-gift, of: card, because: the regulator agreed}]\n")
    assert (still[:2], vain[:2]) == (("deposit-gift", "term"), ("accepted-in-vain", "deposit-gift"))


def test_a_reason_must_be_given() -> None:
    with pytest.raises(ProgramRefused, match="'because' is missing"):
        findings(PROGRAM + "accept: [{finding: deposit-gift}]\n")


PROGRAMS = Path(__file__).parents[2] / "rules" / "programs"
SHIPPED = sorted([*PROGRAMS.glob("c*.yaml"), *PROGRAMS.glob("examples/**/*.yaml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_programs_are_clean_or_say_why(path: Path) -> None:
    assert [str(one) for one in findings(path.read_text())] == []
