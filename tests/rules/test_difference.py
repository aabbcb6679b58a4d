"""What one version says otherwise than another, line by line as a product manager reads it."""

from pathlib import Path

import pytest

from rules.language.difference import differences
from rules.language.problems import ProgramRefused

PROGRAMS = Path(__file__).parents[2] / "rules" / "programs"
PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true}}
metrics: {grown: {points: reward, over: calendar-year}, spend: {sum: card.purchased.amount, over: calendar-month}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}, cap: {member-month: 300}}
  - {id: salary, on: payroll.credited, award: {rate: 1 per 100.00, to: reward}}
tiers:
  ladder: [{id: plain}, {id: silver, any: [{grown: 400}, {spend: 9000.00}]}]
benefits:
  lounge: {network: air, units: {silver: 6}, per: calendar-year}
examples:
  - {name: one yuan, given: [{card.purchased: {at: 2026-03-01, amount: 1.00}}], expect: {reward: 1}}
"""
CHANGES = {
    "a rate": (
        "1 per full 1.00",
        "2 per full 1.00",
        ["  earn.purchase.award.rate: 1 per full 1.00 -> 2 per full 1.00"],
    ),
    "a cap that goes": (", cap: {member-month: 300}", "", ["- earn.purchase.cap: {member-month: 300}"]),
    "a rule that is new": (
        "tiers:",
        "  - {id: welcome, on: member.enrolled, award: {points: 10, to: reward}}\ntiers:",
        ["+ earn.welcome: {id: welcome, on: member.enrolled, award: {points: 10, to: reward}}"],
    ),
    "what a tier asks for": ("grown: 400", "grown: 500", ["  tiers.ladder.silver.any.grown: 400 -> 500"]),
    "a tier between": (
        "{id: plain}, ",
        "{id: plain}, {id: bronze, any: [{grown: 100}]}, ",
        ["+ tiers.ladder.bronze: {id: bronze, any: {grown: 100}}"],
    ),
    "units of a benefit": ("silver: 6", "silver: 8", ["  benefits.lounge.units.silver: 6 -> 8"]),
    "the first day": ("2026-01-01", "2026-07-01", ["  version: 2026-01-01 -> 2026-07-01"]),
    "an example, which decides nothing": ("at: 2026-03-01", "at: 2026-03-02", []),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_one_line(change: str) -> None:
    was, becomes, expected = CHANGES[change]
    assert PROGRAM.count(was) == 1
    assert [str(one) for one in differences(PROGRAM, PROGRAM.replace(was, becomes))] == expected


def test_the_order_of_rules_is_told_where_nothing_else_changed() -> None:
    lines = PROGRAM.splitlines()
    purchase = next(n for n, line in enumerate(lines) if "id: purchase" in line)
    lines[purchase : purchase + 2] = reversed(lines[purchase : purchase + 2])
    assert [str(one) for one in differences(PROGRAM, "\n".join(lines))] == [
        "  earn, in this order: purchase, salary -> salary, purchase"
    ]


def test_two_versions_of_the_county_bank() -> None:
    """Its tables of tenors and the like stay; what its second version brought is told."""
    first, second = (PROGRAMS / name for name in ("county-bank.yaml", "county-bank-2026-07-01.yaml"))
    found = differences(first.read_text(), second.read_text())
    assert str(found[0]).startswith("  version: ")
    assert len({one.path for one in found}) == len(found)


def test_a_text_with_a_mistake_is_refused() -> None:
    with pytest.raises(ProgramRefused, match="did you mean 'reward'"):
        differences(PROGRAM, PROGRAM.replace("to: reward}, cap", "to: rewrad}, cap"))
