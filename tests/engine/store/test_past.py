"""What is read of the ledger for a refund, a redemption or a close, and that batches of any size come to the same."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.store.sql import statement
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk

PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 1, at: month-end}}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}}
"""
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
OPEN = """
    with taken as (select lot_id, sum(points) as points from allocation group by lot_id)
    select p.member_id, p.point_type, sum(p.points - coalesce(t.points, 0)) as left
    from posting p left join taken t on t.lot_id = p.posting_id where p.points > 0 group by 1, 2
    having sum(p.points - coalesce(t.points, 0)) <> 0 order by 1, 2"""
BALANCES = """
    select member_id, point_type, available + pending + held as left from balance
    where available + pending + held <> 0 order by 1, 2"""
DECIDED = """
    select posting_id, member_version, kind, points, balance_after, reverses from posting
    order by member_id, member_version, kind, posting_id"""


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    """A point for each whole yuan; January's expire at the end of February."""
    return corner_bank(tmp_path, PROGRAM, "{/banks/corner/cards: all}")


def bought(id_: str, yuan: int) -> Sent:
    return sent(purchase(id_, "m-1", NOON, minor=yuan * 100))


def refunded(id_: str, original: str, yuan: int) -> Sent:
    about: dict[str, Any] = {"card": "tok-1", "amount_minor": yuan * 100, "currency": "CNY", "mcc": "5411"}
    about |= {"merchant": "mer-1", "original_source": "/banks/corner/cards", "original_id": original}
    return sent(event("card.refunded.v1", id_, "m-1", NOON, about | {"original_business_date": "2026-01-15"}))


STORY = [
    bought("a", 100),
    refunded("a-1", "a", 30),
    refunded("a-2", "a", 30),
    refunded("b-1", "b", 5),
    bought("b", 7),
    refunded("a-3", "a", 40),
    refunded("a-4", "a", 1),
    bought("c", 11),
]
"""Of 100 come back 30, 30 and 40, then nothing is left; of 7 come back 5 before the purchase: 100 + 7 + 11 - 105."""


AHEAD = "update {} set recorded_at = recorded_at + interval '3 months'"
PAST: dict[str, tuple[Any, ...]] = {
    "open_lots": (["corner"], ["m-1"], [0], []),
    "origin_postings": (["corner"], ["m-1"]),
    "given_for": (["corner"], ["m-1"], ["loan-1"]),
    "view_postings": ("corner", "m-1", None, None, None, None, 9),
}


async def test_what_a_clock_recorded_that_was_months_ahead_is_found(desk: Desk) -> None:
    """Of 100 are 30 taken back; then the clock is put right, and of the 70 that are left 40 more are taken back."""

    async def found() -> list[Any]:
        event_key = await desk.value("select event_key from posting where points = 100")
        more = {"origin_postings": [[event_key]]}
        got = [await desk.rows(statement(name), *of, *more.get(name, [])) for name, of in PAST.items()]
        return [[[(k, v) for k, v in row.items() if k != "recorded_at"] for row in rows] for rows in got]

    await desk.handle(bought("a", 100))
    await desk.handle(refunded("a-1", "a", 30))
    await desk.owner.execute("set session_replication_role = replica")
    await desk.owner.execute("update posting set thing = 'loan-1' where points = 100")
    before = await found()
    assert [len(rows) for rows in before] == [1, 2, 1, 2]
    for table in ("posting", "allocation"):
        await desk.owner.execute(AHEAD.format(table))
    assert await found() == before
    await desk.handle(refunded("a-2", "a", 40))
    assert [tuple(row) for row in await desk.rows(OPEN)] == [("m-1", "reward", 30)]
    assert [tuple(row) for row in await desk.rows(BALANCES)] == [("m-1", "reward", 30)]


@pytest.mark.parametrize("size", [1, 2, 3, len(STORY)])
async def test_refunds_come_to_the_same_in_batches_of_any_size(desk: Desk, size: int) -> None:
    """One by one every original is read from the ledger; all at once none is."""
    for at in range(0, len(STORY), size):
        await desk.handle(*STORY[at : at + size])
    assert await desk.value("select available[1] from member") == 13
    taken = await desk.rows("select -points from posting where points < 0 order by member_version, points")
    assert [row[0] for row in taken] == [30, 30, 5, 40]
    assert await desk.rows(OPEN) == await desk.rows(BALANCES)


async def test_batches_of_any_size_give_the_same_rows(desk: Desk) -> None:
    """Ids, versions and balances, not the sums alone: all at once, then one by one on the emptied ledger."""
    await desk.handle(*STORY)
    at_once = [tuple(row) for row in await desk.rows(DECIDED)]
    await desk.owner.execute("set session_replication_role = replica")
    for table in ("posting", "allocation", "member", "seen", "refusal"):
        await desk.owner.execute(f"delete from {table}")
    for one in STORY:
        await desk.handle(one)
    assert [tuple(row) for row in await desk.rows(DECIDED)] == at_once


async def test_open_lots_are_what_the_balances_say_after_expiry_and_refunds(desk: Desk) -> None:
    """January's 13 expire on 1 March but for 2 that came back before; February's 9 stay."""
    await desk.handle(*STORY)
    await desk.handle(refunded("c-1", "c", 2), sent(purchase("d", "m-1", datetime(2026, 2, 3, tzinfo=UTC), minor=900)))
    assert await desk.rows(OPEN) == await desk.rows(BALANCES)
    await desk.close("2026-02-28")
    assert await desk.rows(OPEN) == await desk.rows(BALANCES)
    assert [tuple(row) for row in await desk.rows(BALANCES)] == [("m-1", "reward", 9)]
    await desk.handle(refunded("c-2", "c", 9))
    assert await desk.rows(OPEN) == await desk.rows(BALANCES)


async def test_lots_are_read_from_the_oldest_that_is_open(desk: Desk) -> None:
    """After January's have expired that is February's, which is the posting of 9 points."""
    await desk.handle(*STORY, sent(purchase("d", "m-1", datetime(2026, 2, 3, tzinfo=UTC), minor=900)))
    await desk.close("2026-02-28")
    since = "select (state::jsonb ->> 'lots_from')::bigint from member"
    assert await desk.value(since) == await desk.value("select member_version from posting where points = 9")
    await desk.close("2026-03-31")
    assert await desk.rows(OPEN) == []
    assert await desk.value(since) == await desk.value("select max(member_version) from posting"), "none is left"
