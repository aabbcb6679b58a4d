"""Members of two lanes tell of one account on one day: what stands is what was decided last, whoever wrote last."""

import asyncio

import asyncpg
import pytest

from engine.evidence.verify import Asked, verified
from tests.chaos.house import PARTITIONS, partition_of
from tests.chaos.traffic import Sent, event, sent
from tests.conftest import MASTERS
from tests.engine.store.conftest import Desk, banks, desk, migrated, owner
from tests.engine.store.test_redemptions import NOON

__all__ = ["banks", "desk", "migrated", "owner"]

ONE = "m-1"
OTHER = next(f"m-{n}" for n in range(2, 99) if partition_of(f"corner/m-{n}".encode()) != partition_of(b"corner/m-1"))
HELD = "select balance_minor from balance_day where account = 'acc-b'"
WAITS = "select true from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


def told(id_: str, member: str, account: str, minor: int, sequence: int | None = None) -> Sent:
    about = {"account": account, "product": "savings", "balance_minor": minor, "currency": "CNY"}
    one = event("deposit.balance-changed.v1", id_, member, NOON, about)
    return sent(one if sequence is None else one | {"sequence": sequence})


async def replays(desk: Desk) -> None:
    async with desk.handler.ledger.pool.acquire() as session, session.transaction(isolation="repeatable_read"):
        assert (await verified(session, PARTITIONS, Asked(masters=MASTERS))).divergence is None


@pytest.mark.parametrize("first", ["m-1", OTHER])
async def test_what_was_decided_last_stands_though_it_was_written_first(desk: Desk, migrated: str, first: str) -> None:
    """Who draws the first number of the journal waits for acc-a; the other writes its 7 of acc-b meanwhile."""
    second = OTHER if first == ONE else ONE
    await desk.handle(told("x-a", first, "acc-a", 1), told("x-b", first, "acc-b", 1))
    await desk.handle(told("own", second, "acc-c", 1))
    blocker = await asyncpg.connect(migrated, server_settings={"search_path": "points"})
    async with blocker.transaction():
        await blocker.execute("select from balance_day where account = 'acc-a' for update")
        waiting = asyncio.create_task(desk.handle(told("y-a", first, "acc-a", 5), told("y-b", first, "acc-b", 5)))
        while not await desk.value(WAITS):  # noqa: ASYNC110  # PostgreSQL's
            await asyncio.sleep(0.01)
        await desk.handle(told("z-b", second, "acc-b", 7))
    await waiting
    await blocker.close()
    assert await desk.value(HELD) == 7
    await replays(desk)


async def test_of_one_members_balances_without_a_sequence_the_last_told_stands(desk: Desk) -> None:
    """In one batch and in two; with a sequence the highest, though it is told first."""
    await desk.handle(*[told(f"a-{n}", ONE, "acc-b", n) for n in (3, 1, 2)])
    assert await desk.value(HELD) == 2
    await desk.handle(told("b", ONE, "acc-b", 1))
    assert await desk.value(HELD) == 1
    await desk.handle(told("c-9", ONE, "acc-b", 9, 9))
    await desk.handle(told("c-8", ONE, "acc-b", 8, 8))
    assert await desk.value(HELD) == 9
    await replays(desk)
