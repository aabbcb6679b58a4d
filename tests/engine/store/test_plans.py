"""A plan made while a table was analysed and empty lasts until the next analysis: it has to be good for a full one."""

import json
from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest

from engine.store.rows import joined
from engine.store.sql import statement
from tests.engine.store.conftest import Desk

MEMBERS: Final = joined(["corner"] * 2), joined(["m-1", "m-2"])
DAY: Final = date(2028, 10, 31)
KEY: Final = UUID(int=1)
WAITED_FOR: Final[dict[str, tuple[Any, ...]]] = {
    "lock_members": MEMBERS,
    "change_members": (*MEMBERS, *([None] * 12)),
    "open_lots": (["corner"] * 2, ["m-1", "m-2"], [0, 0], []),
    "origin_postings": (["corner"], ["m-1"], [KEY]),
    "given_for": (["corner"], ["m-1"], ["loan-1"]),
    "due_members": ("corner", 0, DAY, 2000),
    "taken_over_members": ("corner", 0, DAY, 2000),
}


@pytest.mark.parametrize("name", WAITED_FOR)
async def test_a_statement_that_members_wait_for_reads_no_table_from_end_to_end(desk: Desk, name: str) -> None:
    """Its rows grow by millions before the server looks again; a close read what it had written, for each member."""
    await desk.owner.execute("vacuum analyze member, posting, allocation, lot_release")
    async with desk.handler.ledger.pool.acquire() as session:
        plan = await (await session.prepare(statement(name))).explain(*WAITED_FOR[name])
    assert "Seq Scan" not in json.dumps(plan)


@pytest.mark.parametrize("name", ["lock_members", "change_members"])
async def test_a_member_is_found_by_its_key_though_no_table_was_ever_analysed(desk: Desk, name: str) -> None:
    """Another index that begins with the bank would read all members of the bank for each one that is asked for."""
    async with desk.handler.ledger.pool.acquire() as session:
        plan = await (await session.prepare(statement(name))).explain(*WAITED_FOR[name])
    assert '"Index Name": "member_pk"' in json.dumps(plan)
