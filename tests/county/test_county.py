"""The county bank's year: the same every time, every type of event, and all of it understood."""

import json
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine.demo.county import BANK, SOURCE, events
from engine.demo.county.bank import Spoken
from rules.identity import event_key
from rules.language.load import load
from rules.memory import Memory
from rules.program import Programs
from rules.simulate import simulate
from schemas.decode import decode
from schemas.events import ENGINES_OWN, MODELS, BusinessDayClosed

PROGRAMS = Path(__file__).parents[2] / "rules" / "programs"
V2 = "county-bank-2026-07-01"
MEMBERS, YEAR, SEED = 260, 2026, 7
ASKED_IN_VAIN = {
    "benefit-used-up", "benefit-not-granted", "benefit-not-valid-today", "too-soon", "not-enough-points",
    "points-restricted", "unknown-redemption",
}  # fmt: skip


@pytest.fixture(scope="module")
def year() -> list[Spoken]:
    return list(events(MEMBERS, YEAR, SEED))


@pytest.fixture(scope="module")
def lines(year: list[Spoken]) -> list[bytes]:
    return [json.dumps(event, ensure_ascii=False).encode() for _, event in year]


def test_the_same_arguments_give_the_same_year_and_others_another(year: list[Spoken]) -> None:
    assert list(events(MEMBERS, YEAR, SEED)) == year
    assert list(events(MEMBERS, YEAR, SEED + 1)) != year


@pytest.mark.parametrize("seed", [SEED, 2, 3])
def test_every_type_of_event_that_a_bank_sends_is_there(seed: int) -> None:
    """What the engine says to itself, and what channels, merchants and operators ask for, is nobody's core system's."""
    engines = ENGINES_OWN
    asked = {type_ for type_ in MODELS if type_.split(".")[0] in ("points", "benefit")}
    asked |= {"redemption.uploaded.v1", "member.frozen.v1", "member.unfrozen.v1"}
    found = {event["type"] for _, event in events(MEMBERS, YEAR, seed)}
    assert found == set(MODELS) - engines - asked - {"member.unmerged.v1"}


def test_every_event_decodes_and_has_its_members_key(year: list[Spoken], lines: list[bytes]) -> None:
    decoded = [decode(line, []).event for line in lines]
    assert {event.source for event in decoded} == {SOURCE}
    assert [key for key, _ in year] == [f"{BANK}/{event.subject}" for event in decoded]
    assert len({event.id for event in decoded}) == len(decoded)
    *of_the_year, last = decoded
    assert all(event.occurred_at.year == YEAR for event in of_the_year)
    assert (last.type, last.business_date) == ("business-day.closed.v1", date(YEAR, 12, 31))


def test_events_come_in_the_order_of_time(year: list[Spoken]) -> None:
    times = [event["time"] for _, event in year]
    assert times == sorted(times)


def test_each_balance_follows_from_the_one_before(year: list[Spoken]) -> None:
    balances: dict[str, tuple[int, int]] = {}
    for _, event in year:
        if event["type"] == "deposit.balance-changed.v1":
            told = event["data"]
            before, sequence = balances.get(told["account"], (told["balance_minor"] - told["change_minor"], 0))
            assert before + told["change_minor"] == told["balance_minor"]
            assert event["sequence"] == sequence + 1
            balances[told["account"]] = (told["balance_minor"], event["sequence"])


def test_the_year_through_both_versions_of_the_program_adds_up(lines: list[bytes]) -> None:
    programs = Programs([load((PROGRAMS / f"{name}.yaml").read_text()) for name in ("county-bank", V2)])
    rows = list(simulate([*lines, *lines[:500]], programs, signals=True))
    posted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row["kind"] == "posting":
            posted[row["member_id"], row["point_type"]] += row["points"]
    held = {(row["member_id"], t): n for row in rows if row["kind"] == "member" for t, n in row["balances"].items()}
    assert {key: points for key, points in held.items() if points} == {key: n for key, n in posted.items() if n}
    refused = {row["reason"] for row in rows if row["kind"] == "refused"}
    assert refused >= {"benefit-used-up", "too-soon", "not-enough-points"}
    assert refused <= ASKED_IN_VAIN | {"day-already-closed"}
    changes = {(row["to"], row["reason"]) for row in rows if row["kind"] == "tier"}
    assert changes >= {("core", "earned"), ("vip", "earned"), ("basic", "review"), ("vip", "manual")}
    rules = {row["rule_id"] for row in rows if row["kind"] == "posting"}
    assert rules >= {"card-spend", "term-deposit-new-money", "premium-growth", "loan-repaid-on-time", "young-family"}
    assert rules >= {"deposit-points", "bills-and-shopping", "expiry", "reversal", "redemption"}
    told = {row["signal"] for row in rows if row["kind"] == "signal"}
    assert told >= {"large-outflow", "maturing", "birthday", "points-expiring", "tier-at-risk", "quiet"}


def test_no_decision_changes_the_member_that_it_was_made_on() -> None:
    """A draft shares its parts with that member. When a version takes over, all members fall due before they close."""
    programs = Programs([load((PROGRAMS / f"{name}.yaml").read_text()) for name in ("county-bank", V2)])
    memory = Memory(programs)
    for _, told in events(12, YEAR, SEED):
        event = decode(json.dumps(told, ensure_ascii=False).encode(), []).event
        key = event_key(BANK, event.source, event.id)
        day_closes = isinstance(event, BusinessDayClosed)
        before = [m for m in memory.members.values() if day_closes or m.member_id == event.subject]
        as_they_were = deepcopy(before)
        if isinstance(event, BusinessDayClosed):
            list(memory.close(event, key))
        else:
            list(memory.told(event, key, programs.on(event.occurred_at.date())))
        assert [replace(m, due_on=None) for m in before] == [replace(m, due_on=None) for m in as_they_were]
