"""What channels ask is found through indexes, however much a bank has: no table of members' rows is read through.

The long form (`--full`) has a million postings of one bank.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from engine.settings import load
from engine.store import connect
from engine.store.sql import statement
from tests.engine.api.conftest import BANK, Street

pytestmark = pytest.mark.asyncio(loop_scope="module")

OF_ONE = 200
"""Postings of a member: a heavy user's."""
ID = "md5(n::text)::uuid"
MEMBER = f"'m-' || n / {OF_ONE}"
DAY = "date '2026-01-01'"
FILLED = (
    f"""insert into posting select {ID}, '{BANK}', {MEMBER}, n % {OF_ONE} + 1, {ID}, 'spend',
        case n % 50 when 0 then 'redeemed' else 'base' end, '', 1, 'reward', case n % 50 when 0 then -5 else 5 end,
        case n % 50 when 0 then -5 else 5 end, null, 5, 1, 1, null, 'down', {DAY}, {DAY}, {DAY}, null, null, null, 5,
        null, null, null, null, null, null, 0, null, 1
        from generate_series(0, $1::int - 1) n""",
    f"""insert into allocation select '{BANK}', {MEMBER}, n % {OF_ONE} + 1, {ID}, md5((n - 1)::text)::uuid, 5, 1
        from generate_series(0, $1::int - 1, 50) n""",
    f"""insert into redemption select {ID}, '{BANK}', {MEMBER}, n % {OF_ONE} + 1, {ID}, 'captured', 's', n::text, 'n',
        {ID}, 'reward', 5, 5, 0, 0, null, 0, null, null, '{{}}', '{{}}', '{{}}', '{{}}', {DAY}, null, {DAY}, '', 1
        from generate_series(0, $1::int - 1, 50) n""",
    f"""insert into benefit_grant select {ID}, '{BANK}', {MEMBER}, 1, {ID}, 'wash', 'car', 1, '2026', {DAY}, {DAY} + 9,
        '', null, null, '', {DAY}, 1 from generate_series(0, $1::int - 1, 50) n""",
    f"""insert into signal select {ID}, '{BANK}', {MEMBER}, 1, {ID}, 'quiet', null, 'low', 'mgr-' || n % 500, 'mgr-8',
        null, null, 'CNY', {DAY}, {DAY}, {DAY}, '', 1 from generate_series(0, $1::int - 1, 50) n""",
    f"""insert into signal_work (bank, signal_id, state, person, via)
        select '{BANK}', {ID}, 'done', 'mgr-7', 'v' from generate_series(0, $1::int - 1, 100) n""",
    f"""insert into member (bank, member_id, version, status, partition)
        select '{BANK}', 'm-' || n, 1, 'enrolled', 0 from generate_series(0, $1::int / {OF_ONE} - 1) n""",
    f"""insert into notification_preference select '{BANK}', 'm-' || n, true, 30, true, 'v'
        from generate_series(0, $1::int / {OF_ONE} - 1) n""",
)
"""`$1`: how many postings."""


def asked(one: str) -> dict[str, tuple[Any, ...]]:
    """What channels ask of a member, as statements with their values."""
    return {
        "view_member": (BANK, one),
        "open_lots": ([BANK], [one], [0], []),
        "view_postings": (BANK, one, None, None, None, None, 51),
        "view_redemptions": (BANK, one, None, None, 51),
        "view_notifications": (BANK, one),
        "view_signals": (BANK, "mgr-17", "open", "Asia/Shanghai", None, None, 51),
    }


def read_through(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that a plan reads from the first row to the last; of months without rows nothing is read."""
    rows = plan.get("Actual Rows", 0) + plan.get("Rows Removed by Filter", 0)
    if plan["Node Type"] == "Seq Scan" and rows > 1:
        yield f"{rows} rows of {plan['Relation Name']}"
    for part in plan.get("Plans", ()):
        yield from read_through(part)


class Filled(NamedTuple):
    """A street with very much, and a heavy user in the middle of the bank."""

    street: Street
    member: str


@pytest_asyncio.fixture(loop_scope="module")
async def filled(street: Street, full: bool) -> Filled:
    postings = 1_000_000 if full else 100_000
    for sql in FILLED:
        await street.owner.execute(sql, postings)
    await street.owner.execute("vacuum analyze")
    return Filled(street, f"m-{postings // OF_ONE // 2}")


async def test_nothing_that_a_channel_asks_reads_a_table_through(filled: Filled, full: bool) -> None:
    """As the role that row security holds, of a heavy user in the middle of the bank."""
    pool = await connect.pool(load(**filled.street.settings()), connect.READER)
    took: dict[str, float] = {}
    async with pool.acquire() as session, session.transaction(readonly=True):
        await session.execute(statement("narrow"), BANK, "", filled.member)
        for name, values in asked(filled.member).items():
            (row,) = await session.fetch(f"explain (analyze, format json) {statement(name)}", *values)
            (found,) = json.loads(row[0])
            took[name] = found["Execution Time"]
            assert list(read_through(found["Plan"])) == [], name
    pool.terminate()
    print({name: f"{ms:.2f} ms" for name, ms in took.items()})
    assert not full or max(took.values()) < 200, took
