"""What is kept of a member beside its profile goes with its erasure: its choices, and dead letters that name it."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest

from engine.store import erasures
from engine.store.outbox import Outbox
from engine.store.sql import statement
from tests.chaos.traffic import Sent, purchase, sent
from tests.engine.evidence.story import NOON, registered, told
from tests.engine.store.conftest import Desk, desk, migrated, owner
from tests.engine.store.test_profiles import CANARY, erased, forgotten, joins

__all__ = ["desk", "migrated", "owner"]


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return registered(tmp_path)


def filed(member: str, names: str, id_: str = "r") -> Sent:
    """What cannot be used, under one member's key, that names another."""
    return told("member.enrolled", names, 1, segments=[CANARY], phone=id_)._replace(key=f"corner/{member}".encode())


async def test_an_erasure_waits_for_no_dead_letter_but_its_members_own(desk: Desk, migrated: str) -> None:
    """Somebody holds one under another key that names the member, as whoever sends it again does."""
    await desk.handle(joins("m-1"), filed("m-1", "m-1"), filed("m-77", "m-1"))
    other = await asyncpg.connect(migrated, server_settings={"search_path": "points"})
    async with other.transaction():
        await other.execute("select from dead_letter where key = 'corner/m-77' for update")
        await asyncio.wait_for(desk.handle(erased("m-1", 5)), 20)
    await other.close()
    there = "select key from dead_letter where value is not null"
    assert [row["key"] for row in await desk.rows(there)] == [b"corner/m-77"]
    await forgotten(desk)
    assert await desk.rows(there) == []


async def test_dead_letters_are_looked_through_piece_by_piece(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven others' records in pieces of two, for three members of whom two are looked for at once.

    Those are four pieces and one that finds the end, twice. A process that ends on the way leaves the rest to the next.
    """
    monkeypatch.setattr(erasures, "LETTERS_AT_ONCE", 2)
    monkeypatch.setattr(erasures, "MEMBERS_AT_ONCE", 2)
    named = ["m-1", "m-2", "m-3", "m-9", "m-1", "m-3", "m-9"]
    await desk.handle(*(joins(member) for member in ("m-1", "m-2", "m-3")))
    await desk.handle(*(filed(f"m-7{n}", name, f"r-{n}") for n, name in enumerate(named)))
    await desk.handle(*(erased(member, 5) for member in ("m-1", "m-2", "m-3")))
    assert await Outbox(desk.handler.ledger.pool, str).forget()
    assert await forgotten(desk) == 10
    left = await desk.rows("select key from dead_letter where value is not null order by key")
    assert [row["key"] for row in left] == [b"corner/m-73", b"corner/m-76"]


async def test_own_dead_letters_are_found_by_an_index(desk: Desk) -> None:
    await desk.owner.execute(
        "insert into dead_letter select 't', 0, 1, n, 0, 'bad-json', '', convert_to('corner/m-' || n, 'UTF8'), "
        "'x', '[]', '' from generate_series(1, 5000) n"
    )
    await desk.owner.execute("analyze dead_letter")
    asked = await desk.owner.prepare(statement("clear_dead_letters"))
    assert "dead_letter_of_key" in json.dumps(await asked.explain(["corner"], ["m-1"]))


async def test_what_a_member_chose_to_be_told_goes_with_an_erasure_that_a_source_says(desk: Desk) -> None:
    await desk.handle(joins("m-1"), joins("m-2"))
    for bank, member in (("corner", "m-1"), ("corner", "m-2"), ("harbour", "m-1")):
        chosen = bank, member, True, 30, False, "channel/app"
        await desk.handler.ledger.pool.execute(statement("choose_notifications"), *chosen)
    await desk.handle(erased("m-1", 5), sent(purchase("buy", "m-2", NOON)))
    left = await desk.rows("select bank, member_id from notification_preference order by bank")
    assert [tuple(row) for row in left] == [("corner", "m-2"), ("harbour", "m-1")]
