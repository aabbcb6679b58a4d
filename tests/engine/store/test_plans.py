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
    "redemptions": (["corner"], ["m-1"], [KEY]),
    "given_for": (["corner"], ["m-1"], ["loan-1"]),
    "due_members": ("corner", 0, DAY, 2000),
    "taken_over_members": ("corner", 0, DAY, 2000),
}
ASKED: Final[dict[str, tuple[Any, ...]]] = WAITED_FOR | {
    "settlement_merchants": ("corner", DAY),
    "settlement_steps": ("corner", "cinema/1", 0, 100),
}


@pytest.mark.parametrize("name", WAITED_FOR)
async def test_a_statement_that_members_wait_for_reads_no_table_from_end_to_end(desk: Desk, name: str) -> None:
    """Its rows grow by millions before the server looks again; a close read what it had written, for each member."""
    await desk.owner.execute("vacuum analyze member, posting, allocation, lot_release")
    async with desk.handler.ledger.pool.acquire() as session:
        plan = await (await session.prepare(statement(name))).explain(*WAITED_FOR[name])
    assert "Seq Scan" not in json.dumps(plan)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("lock_members", "member_pk"),
        ("change_members", "member_pk"),
        ("redemptions", "redemption_pk"),
        ("settlement_merchants", "redemption_of_merchant"),
        ("settlement_steps", "redemption_of_merchant"),
    ],
)
async def test_a_row_is_found_by_its_key_though_no_table_was_ever_analysed(desk: Desk, name: str, key: str) -> None:
    """Another index that begins with the bank would read all rows of the bank for each one that is asked for."""
    async with desk.handler.ledger.pool.acquire() as session:
        plan = await (await session.prepare(statement(name))).explain(*ASKED[name])
    assert f'"Index Name": "{key}"' in json.dumps(plan)


async def test_merchants_to_settle_are_those_of_one_bank(desk: Desk) -> None:
    """A merchant of both banks, one of each alone; several redemptions at one."""
    used = [
        ("corner", "cinema/1"),
        ("corner", "cinema/1"),
        ("corner", "wash/1"),
        ("other", "cinema/1"),
        ("other", "books/1"),
    ]
    await desk.owner.executemany(
        "insert into points.redemption (redemption_id, bank, member_id, member_version, event_key, state, merchant,"
        " merchant_ref, network, request, point_type, points, captured, returned, expired, units, lots, lot_points,"
        " grants, grant_units, used_on, occurred_at, program_hash, journal_seq) values"
        " (gen_random_uuid(), $1, 'm-1', 1, gen_random_uuid(), 'held', $2, 'ref', 'any', gen_random_uuid(),"
        " 'reward', 5, 0, 0, 0, 0, '{}', '{}', '{}', '{}', '2028-10-31', now(), '', 1)",
        used,
    )
    for bank, merchants in {"corner": ["cinema/1", "wash/1"], "other": ["books/1", "cinema/1"], "third": []}.items():
        rows = await desk.owner.fetch(statement("settlement_merchants"), bank, DAY)
        assert [row["merchant"] for row in rows] == merchants
