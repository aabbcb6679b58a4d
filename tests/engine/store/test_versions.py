"""Versions and periods on a real ledger: when a version may begin, and that what periods give is recorded."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from engine.setup import SetupError, read, register
from tests.chaos.traffic import CARDS, Sent, event, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk

ARITHMETIC = (Path(__file__).parents[3] / "engine" / "evidence" / "sql" / "audit_arithmetic.sql").read_text()
"""How many postings there are, and how many of them are not what their own basis, rate and rounding give."""
PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 12, at: month-end}}}
metrics: {spend: {sum: card.purchased.amount, over: calendar-month}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}}
  - {id: month, every: calendar-month, award: {rate: 1 per full 10.00, of: spend, to: reward}}
"""


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return corner_bank(tmp_path, PROGRAM)


def spent(id_: str, day: str, yuan: int) -> Sent:
    at = date.fromisoformat(day)
    return sent(purchase(id_, "m-1", datetime.combine(at, time(12), UTC), minor=yuan * 100))


def came_back(id_: str, day: str, yuan: int, of: str, of_day: str) -> Sent:
    about = {"card": "tok-1", "amount_minor": yuan * 100, "currency": "CNY", "mcc": "5411", "merchant": "mer-1"}
    about |= {"original_source": CARDS, "original_id": of, "original_business_date": of_day}
    at = datetime.combine(date.fromisoformat(day), time(12), UTC)
    return sent(event("card.refunded.v1", id_, "m-1", at, about))


def with_next(banks: Path, version: str) -> Path:
    """The bank's file with a next version, which gives twice as much a month."""
    text = PROGRAM.replace("2026-01-01", version).replace("1 per full 10.00", "2 per full 10.00")
    (banks.parent / "next.yaml").write_text(text)
    banks.write_text(banks.read_text().replace("[program.yaml]", "[program.yaml, next.yaml]"))
    return banks


async def registered(desk: Desk, banks: Path, version: str) -> list[str]:
    """What `points init` adds when the bank's next version is to begin that day."""
    async with desk.owner.transaction():
        return await register(desk.owner, *read(with_next(banks, version)))


async def postings(desk: Desk) -> list[tuple[Any, ...]]:
    sql = "select rule_id, kind, points, event_day, period, expires_on from posting order by member_version, rule_id"
    return [tuple(row) for row in await desk.rows(sql)]


async def test_a_version_that_begins_on_a_decided_day_is_refused(desk: Desk, banks: Path) -> None:
    await desk.handle(spent("a", "2026-03-10", 100))
    with pytest.raises(
        SetupError, match="decided events of 2026-03-10 already; give it `version: 2026-03-11` or later"
    ):
        await registered(desk, banks, "2026-03-10")


async def test_a_version_that_begins_on_a_closed_day_is_refused(desk: Desk, banks: Path) -> None:
    await desk.close("2026-03-31")
    with pytest.raises(SetupError, match="closed 2026-03-31 already; give it `version: 2026-04-01` or later"):
        await registered(desk, banks, "2026-03-31")


async def test_a_version_may_begin_the_day_after_and_again_is_no_error(desk: Desk, banks: Path) -> None:
    await desk.handle(spent("a", "2026-03-10", 100))
    await desk.close("2026-03-10")
    assert await registered(desk, banks, "2026-03-11") == ["corner/corner-bank@2026-03-11"]
    await desk.handle(spent("b", "2026-03-12", 100))
    assert await registered(desk, banks, "2026-03-11") == []


async def test_periods_give_when_they_close_and_are_put_right_by_what_is_late(desk: Desk) -> None:
    """105 yuan are 10 full tens; 20 more of March, told when it has closed, make 125, so 12."""
    await desk.handle(spent("a", "2026-03-10", 80), spent("b", "2026-03-31", 25))
    await desk.close("2026-04-01")
    await desk.handle(spent("late", "2026-03-20", 20))
    march = date(2026, 3, 31)
    assert (await postings(desk))[2:] == [
        ("month", "period", 10, march, None, date(2027, 4, 1)),
        ("month", "adjusted", 2, date(2026, 3, 20), "2026-03", date(2027, 4, 1)),
        ("purchase", "base", 20, date(2026, 3, 20), None, date(2027, 4, 1)),
    ]
    assert await desk.value("select available[1] from member") == 80 + 25 + 10 + 20 + 2
    [counted] = await desk.rows(ARITHMETIC)
    assert counted["looked_at"] > 0
    assert counted["wrong"] == 0


async def test_what_is_taken_back_of_a_closed_month_explains_itself(desk: Desk) -> None:
    """Of 105 yuan 80 come back in April: 25 are 2 full tens, so 8 of March's 10 points go, and the purchase's 80."""
    await desk.handle(spent("a", "2026-03-10", 80), spent("b", "2026-03-31", 25))
    await desk.close("2026-04-01")
    await desk.handle(came_back("r", "2026-04-05", 80, of="a", of_day="2026-03-10"))
    assert sorted(p[:3] for p in (await postings(desk))[3:]) == [
        ("month", "adjusted", -8),
        ("reversal", "reversed", -80),
    ]
    assert await desk.value("select available[1] from member") == 25 + 2
    [counted] = await desk.rows(ARITHMETIC)
    assert counted["looked_at"] > 0
    assert counted["wrong"] == 0


async def test_a_month_that_began_under_the_old_version_is_given_by_the_new_one(desk: Desk, banks: Path) -> None:
    """The version of the month's last day: 2 points for each of 10 full tens; February's were 1 for each of 5."""
    await desk.handle(spent("a", "2026-02-10", 50), spent("b", "2026-03-05", 60))
    await desk.close("2026-03-10")
    await registered(desk, banks, "2026-03-15")
    await desk.handler.ledger.registries.read()
    await desk.handle(spent("c", "2026-03-20", 40))
    await desk.close("2026-04-30")
    assert [(p[0], p[2], p[3]) for p in await postings(desk) if p[1] == "period"] == [
        ("month", 5, date(2026, 2, 28)),
        ("month", 20, date(2026, 3, 31)),
    ]
