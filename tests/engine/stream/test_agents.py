"""When a slice is acknowledged, and what becomes of one that cannot be handled."""

import signal
import time
from collections.abc import Callable
from itertools import pairwise

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from engine.metrics import Meters
from engine.settings import Settings
from engine.stream.agents import Hands
from engine.stream.exits import Exit
from engine.stream.outages import Outages
from engine.stream.strands import Strands
from tests.engine.stream.conftest import World, eventually
from tests.engine.stream.ledger import OUTAGES, Broken, Ledger


async def test_a_defect_stops_the_worker_unacknowledged_and_the_third_time_pauses_its_partition(world: World) -> None:
    await world.produce(0, [b"%d" % n for n in range(50)] + [b"defect"] + [b"after"] * 9)
    await world.produce(1, [b"other"] * 20)
    for _restart in range(2):
        worker = world.workers.start()
        assert await world.workers.ended(worker) == Exit.DEFECT
        assert await world.stored(0) == 50, "what stands before the guilty record is kept"
        assert await world.hint(0) <= 50
    await world.produce(1, [b"more"] * 20)
    worker = world.workers.start()
    reason = await world.until_paused(0)
    assert "3 times" in reason
    assert "a defect" in reason
    await world.until_kept(90)
    found = await world.ledger.pool.fetchrow("SELECT partition, position, text, times FROM defect")
    assert tuple(found)[:2] == (0, 50), "the one guilty record is named"
    assert "tests.engine.stream.ledger.Broken" in found["text"]
    await world.produce(1, [b"still"])
    await world.until_kept(91)
    # The operator skips the record and resumes: no restart is needed.
    await world.ledger.pool.execute("UPDATE position SET next = 51 WHERE partition = 0")
    await world.ledger.pool.execute("DELETE FROM pause")
    await world.until_kept(100)
    assert worker.poll() is None


async def test_too_many_unusable_events_pause_their_partition_at_once_and_no_other(world: World) -> None:
    await world.produce(0, [b"good", b"garbage", b"good"])
    await world.produce(2, [b"other"] * 5)  # on the same strand
    worker = world.workers.start(worker_strands=2)
    assert "unusable events in a row" in await world.until_paused(0)
    await world.until_kept(5)
    await world.produce(2, [b"more"])
    await world.until_kept(6)
    assert [value for _, _, value in await world.kept(0)] == []
    assert worker.poll() is None


async def test_a_planned_stop_commits_the_batch_in_flight_and_takes_less_than_ten_seconds(
    world: World, full: bool
) -> None:
    await world.produce(0, [b"%d" % n for n in range(10)])
    worker = world.workers.start(test_before_commit_s=2, batch_events_max=10)
    await _in_flight(world)
    began = time.monotonic()
    assert await world.workers.stop(worker) == 0
    assert not full or time.monotonic() - began < 10
    assert await world.stored(0) == 10
    assert await world.hint(0) == 10


async def test_a_worker_that_hangs_is_ended_by_the_watch(world: World) -> None:
    await world.produce(0, [b"hang"])
    worker = world.workers.start(progress_timeout_s=3)
    assert await world.workers.ended(worker) == Exit.STALLED
    assert "1 records wait and nothing was committed" in world.workers.said(worker)


async def test_a_stop_that_hangs_is_ended_in_time(world: World, full: bool) -> None:
    await world.produce(0, [b"hang"])
    worker = world.workers.start()

    async def hanging() -> bool:
        return bool(await world.ledger.pool.fetchval("SELECT true FROM pg_locks WHERE relation = 'position'::regclass"))

    await eventually(hanging)
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert await world.workers.ended(worker) in (0, Exit.STOP_OVERDUE)
    assert not full or time.monotonic() - began < 10


async def test_a_lost_connection_is_an_outage_and_the_batch_is_tried_again(world: World) -> None:
    await world.produce(0, [b"%d" % n for n in range(10)])
    worker = world.workers.start(test_before_commit_s=2, outage_pause_s_first=0.05)
    await _in_flight(world)
    await world.ledger.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND application_name <> 'points lease'"
    )
    await world.until_kept(10)
    assert "outage of the database, try 1" in world.workers.said(worker)
    assert worker.poll() is None


@pytest.fixture
async def hands(settings: Callable[..., Settings], empty_database: str) -> Hands:
    """Hands without strands that anything comes on."""
    given = settings(outage_pause_s_first=0.01, outage_pause_s_max=0.05)
    async with Ledger.opened(empty_database) as ledger:
        return Hands(Strands(given, ledger, Meters(CollectorRegistry()), OUTAGES), ledger.handle)


async def test_an_outage_shows_in_the_metrics_while_it_lasts_and_not_after(hands: Hands) -> None:
    seen = []
    registry = hands.strands.meters.registry

    async def twice_refused() -> str:
        seen.append(registry.get_sample_value("points_outage", {"of": "database"}))
        if len(seen) < 4:
            raise ConnectionRefusedError("nobody there")
        return "at last"

    assert await hands.outages.through(twice_refused) == "at last"
    assert seen == [None, 1, 1, 1]
    assert registry.get_sample_value("points_outage", {"of": "database"}) == 0
    assert (registry.get_sample_value("points_outage_seconds_total", {"of": "database"}) or 0) > 0
    assert hands.outages.now == 0


async def test_the_pauses_of_an_outage_grow_and_the_next_outage_begins_with_the_first(
    settings: Callable[..., Settings],
) -> None:
    """Ten ms, doubled each time, and up to ten more by chance; the relay waits so, and the batches do."""
    given = settings(outage_pause_s_first=0.01, outage_pause_s_max=10.0)
    outages = Outages("relay", (OSError,), given, Meters(CollectorRegistry()))
    called_at: list[float] = []

    async def failing(times: int) -> list[float]:
        called_at.append(time.monotonic())
        if len(called_at) <= times:
            raise ConnectionRefusedError("nobody there")
        pauses = [after - before for before, after in pairwise(called_at)]
        called_at.clear()
        return pauses

    long = await outages.through(lambda: failing(8))
    assert [pause >= 0.01 * 2**n for n, pause in enumerate(long)] == [True] * 8
    short = await outages.through(lambda: failing(1))
    assert 0.01 <= short[0] < long[-1] / 4


async def test_what_is_no_outage_comes_through_at_once(hands: Hands) -> None:
    calls = []

    async def broken() -> None:
        calls.append(1)
        raise Broken("at once")

    with pytest.raises(Broken, match="at once"):
        await hands.outages.through(broken)
    assert len(calls) == 1


async def test_what_the_driver_cannot_encode_is_no_outage(hands: Hands, empty_database: str) -> None:
    """A defect of ours: tried again for ever it would hold up its lane, and all others of its batch."""
    session = await asyncpg.connect(empty_database)
    with pytest.raises(asyncpg.DataError, match="value out of int64 range"):
        await hands.outages.through(lambda: session.fetchval("select $1::int8", 2**63))
    await session.close()


async def _in_flight(world: World) -> None:
    async def begun() -> bool:
        sql = "SELECT true FROM pg_stat_activity WHERE state = 'idle in transaction' AND query ~ 'UPDATE position'"
        return bool(await world.ledger.pool.fetchval(sql))

    await eventually(begun)
