"""The real year closed day by day: averages are those of 365 balances added up, for every account, exactly."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import zstandard

from rules.decision import Decision
from rules.identity import event_key
from rules.language.load import load
from rules.memory import Memory
from rules.periods import Windows
from rules.program import Program, Programs
from schemas.decode import decode
from schemas.events import AnyEvent, BusinessDayClosed
from schemas.events.calendar import DayClose
from tests.real_year import days, independent
from tests.real_year.independent import Standing

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "data" / "czech-bank-1993"
BANK = "czech-bank-1993"
NEW_YEAR = date(1994, 1, 1)


@pytest.fixture(scope="module")
def program() -> Program:
    path = ROOT / "rules" / "programs" / f"{BANK}.yaml"
    return load(path.read_text(), path.name)


class Year(NamedTuple):
    """`read` has every average of every member on the evening of its window's last day, by window."""

    read: dict[tuple[str, str, str], tuple[int, int]]
    points: Counter[tuple[str, str, str]]
    standings: dict[str, Standing]


@pytest.fixture(scope="module")
def year(program: Program) -> Year:
    memory = Memory(Programs([program]))
    program = memory.programs.versions[0]
    found = Year({}, Counter(), {})
    for day, decisions in through_the_year(memory, program):
        for p in (p for decision in decisions for p in decision.postings):
            found.points[p.member_id, p.rule_id, p.point_type] += p.points
        last = day - timedelta(days=1)  # windows close with the day after their last
        moment = program.evening(last)
        for metric, label in _ended(last, moment.windows).items():
            exact = program.exact[metric]
            found.read.update({(id_, metric, label): exact(m, moment) for id_, m in memory.members.items()})
    found.standings.update({id_: Standing(m.tier or "", m.score) for id_, m in memory.members.items()})
    return found


def _ended(last: date, windows: Windows) -> dict[str, str]:
    """The averages whose window ends with the day, and its label."""
    if day_after(last).day != 1 or last.year != 1993:
        return {}
    quarterly = {} if last.month % 3 else dict.fromkeys(("deposits-quarter", "overdrafts-quarter"), windows.quarter)
    return {"deposits-month": windows.month, **quarterly}


def day_after(day: date) -> date:
    return day + timedelta(days=1)


def through_the_year(memory: Memory, program: Program) -> Iterator[tuple[date, list[Decision]]]:
    """Decides the year's events in their order and closes each day when it is over; yields each with what was decided.

    The last day closed is New Year's: with it December and the fourth quarter close.
    """
    day, decisions = date(1993, 1, 1), list[Decision]()
    for line in zstandard.decompress((FOLDER / "events.jsonl.zst").read_bytes()).splitlines():
        event = decode(line, []).event
        while day < event.occurred_at.astimezone(program.zone).date():
            yield day, decisions + closed(memory, day, program)
            day, decisions = day_after(day), []
        decisions += memory.told(event, _key(event), program)
    while day <= NEW_YEAR:
        yield day, decisions + closed(memory, day, program)
        day, decisions = day_after(day), []


def closed(memory: Memory, day: date, program: Program) -> list[Decision]:
    marker = BusinessDayClosed(
        id=f"close-{day}", source="/core", subject="calendar",
        occurred_at=datetime.combine(day, time.max, program.zone), data=DayClose(business_date=day, through=day),
    )  # fmt: skip
    return list(memory.close(marker, _key(marker)))


def _key(event: AnyEvent) -> bytes:
    return event_key(BANK, event.source, event.id)


def test_monthly_and_quarterly_averages_are_those_of_the_tables_for_every_account(
    year: Year,
) -> None:
    read = year.read
    expected = days.averages(FOLDER / "raw")
    opened = {member for member, _, _ in read}
    assert len(opened) == 1_139
    assert {key: value for key, value in expected.items() if key in read} == read
    # Who enrols later in the year had nothing in the windows before.
    assert not any(total for key, (total, _) in expected.items() if key not in read)


def test_the_year_has_what_makes_averages_hard(year: Year) -> None:
    """Of the quarters 8 have overdrawn days and one is overdrawn on the whole; counted by `days` alone."""
    read = year.read
    below = {key[::2]: total for key, (total, _) in read.items() if key[1] == "overdrafts-quarter"}
    above = {key[::2]: total for key, (total, _) in read.items() if key[1] == "deposits-quarter"}
    assert sum(below[key] != total for key, total in above.items()) == 8
    assert sum(total < 0 for total in below.values()) == 1
    assert sum(total for (_, metric, _), (total, _) in read.items() if metric == "deposits-month") == 630_978_399_640


def test_months_and_quarters_earn_what_the_tables_say_beside_all_that_events_earn(year: Year) -> None:
    expected = days.points_of_periods(FOLDER / "raw")
    assert +year.points == expected + independent.points_of_members(FOLDER / "raw")
    totals: Counter[str] = Counter()
    for (_, rule, _), points in expected.items():
        totals[rule] += points
    assert totals == {"deposits-of-the-month": 63_423, "deposits-of-the-quarter": 33_025}


def test_tiers_and_scores_when_the_year_has_closed(year: Year) -> None:
    expected = days.standings(FOLDER / "raw")
    assert year.standings == expected
    assert Counter(s.tier for s in expected.values()) == {"basic": 403, "silver": 472, "gold": 264}
