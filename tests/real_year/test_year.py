"""A real bank's year through the rules: every figure is worked out a second time from the tables, by other code."""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import zstandard

from rules.context import NO_CONTEXT
from rules.decide import decide
from rules.identity import event_key
from rules.language.load import load
from rules.member import Member
from rules.program import Program, Programs
from rules.simulate import simulate
from schemas.decode import decode
from tests.real_year import independent

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "czech-bank-1993"
RAW = FOLDER / "raw"
BANK = "czech-bank-1993"


class Year(NamedTuple):
    """What came of the year: `points` by member, rule and point type, members as they stand at its end."""

    members: dict[str, dict[str, Any]]
    points: Counter[tuple[str, str, str]]
    grants: Counter[str]


@pytest.fixture(scope="module")
def program() -> Program:
    path = ROOT / "rules" / "programs" / f"{BANK}.yaml"
    return load(path.read_text(), path.name)


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return zstandard.decompress((FOLDER / "events.jsonl.zst").read_bytes()).splitlines()


@pytest.fixture(scope="module")
def year(lines: list[bytes], program: Program) -> Year:
    found = Year({}, Counter(), Counter())
    for row in simulate(lines, Programs([program])):
        match row["kind"]:
            case "posting":
                found.points[row["member_id"], row["rule_id"], row["point_type"]] += row["points"]
            case "grant":
                found.grants[row["benefit_id"]] += row["units"]
            case "member":
                found.members[row["member_id"]] = row
            case kind:
                assert kind == "tier", row
    return found


@pytest.fixture(scope="module")
def closing(lines: list[bytes], program: Program) -> dict[tuple[str, date], int]:
    """The balances that decisions keep, by account and business date: what was said last of a day stands."""
    members: dict[str, Member] = {}
    kept = {}
    for line in lines:
        event = decode(line, []).event
        member = members.get(event.subject) or Member(BANK, event.subject)
        decision = decide(event, event_key(BANK, event.source, event.id), member, program, NO_CONTEXT)
        members[event.subject] = decision.member
        kept.update({(b.account, b.business_date): b.balance_minor for b in decision.balance_days})
    return kept


def test_closing_balances_are_those_of_the_tables(closing: dict[tuple[str, date], int]) -> None:
    assert closing == independent.closing_balances(RAW)
    assert len(closing) == 23_440
    assert sum(closing.values()) == 81_159_947_480


def test_every_member_earns_by_every_rule_what_the_tables_say(year: Year) -> None:
    assert +year.points == independent.points_of_members(RAW)


def test_points_by_rule(year: Year) -> None:
    totals: Counter[tuple[str, str]] = Counter()
    for (_, rule, point_type), points in year.points.items():
        totals[rule, point_type] += points
    assert totals == independent.expected_points(RAW)
    assert totals == {
        ("welcome", "reward"): 55_400,
        ("pension", "reward"): 62_837,
        ("pension", "qualifying"): 62_837,
        ("pension-in-birthday-month", "reward"): 4_186,
        ("household-bill", "reward"): 38_573,
        ("household-bill", "qualifying"): 38_573,
        ("premium", "reward"): 6_140,
        ("loan-repaid-on-time", "reward"): 3_120,
        ("loan-repaid-on-time", "qualifying"): 3_120,
        ("new-loan", "reward"): 3_500,
        ("new-money-of-the-month", "reward"): 35_550,
        ("new-money-of-the-month", "qualifying"): 35_550,
        ("cushion-of-the-month", "qualifying"): 39_700,
    }


def test_members_hold_what_they_earned(year: Year) -> None:
    earned: Counter[tuple[str, str]] = Counter()
    for (member, _, point_type), points in year.points.items():
        earned[member, point_type] += points
    held = {(id_, name): points for id_, m in year.members.items() for name, points in m["balances"].items()}
    assert held == dict(earned)


def test_tiers_and_scores_at_the_end_of_the_year(year: Year) -> None:
    expected = independent.standings(RAW)
    assert {id_: (m["tier"], m["score"]) for id_, m in year.members.items()} == expected
    assert Counter(m["tier"] for m in year.members.values()) == {"basic": 413, "silver": 467, "gold": 259}


def test_climbing_two_tiers_grants_what_the_highest_has_and_no_more(year: Year) -> None:
    assert year.grants == independent.expected_grants(RAW) == {"cinema": 2_488, "spa": 259}
