"""When a process counts as dead, and what it answers about itself."""

import time
from collections.abc import Callable

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from engine.batch import Lane
from engine.metrics import METRICS, Meters
from engine.settings import Settings
from engine.stream.agents import Hands
from engine.stream.health import Health
from engine.stream.strands import Strands
from engine.stream.watch import Watch
from tests.engine.stream.conftest import World, eventually
from tests.engine.stream.ledger import OUTAGES, Ledger

LATER = 61.0


@pytest.fixture
async def watch(settings: Callable[..., Settings], empty_database: str) -> Watch:
    """A watch that was last renewed now, with a progress timeout of 60 s."""
    async with Ledger.opened(empty_database) as ledger:
        strands = Strands(settings(progress_timeout_s=60), ledger, Meters(CollectorRegistry()), OUTAGES)
        return Watch(Hands(strands, ledger.handle))


def test_records_that_wait_without_a_commit_are_a_stall(watch: Watch) -> None:
    now = time.monotonic()
    watch.lag = {Lane("t", 0, 1): 7}
    watch.waiting_since = now
    assert watch.stalled(now + 59) is None
    watch.probed_at = now + LATER
    assert "7 records wait" in str(watch.stalled(now + LATER))
    watch.hands.committed_at = now + 30
    assert watch.stalled(now + LATER) is None


def test_nothing_is_a_stall_while_something_outside_fails(watch: Watch) -> None:
    now = time.monotonic()
    watch.waiting_since = watch.rebalancing_since = now
    watch.probed_at = now + LATER
    watch.hands.outages.now = 1
    assert watch.stalled(now + LATER) is None
    watch.hands.outages.now = 0
    watch.brokers_answer = False
    assert watch.stalled(now + LATER) is None


def test_an_idle_worker_is_no_stall(watch: Watch) -> None:
    now = time.monotonic()
    watch.probed_at = now + 100_000
    assert watch.stalled(now + 100_000) is None


def test_a_rebalance_without_end_is_a_stall(watch: Watch) -> None:
    now = time.monotonic()
    watch.rebalancing_since = now
    watch.probed_at = now + LATER
    assert "rebalance" in str(watch.stalled(now + LATER))


def test_a_blocked_event_loop_is_a_stall_even_in_an_outage(watch: Watch) -> None:
    watch.hands.outages.now = 1
    assert "event loop" in str(watch.stalled(time.monotonic() + LATER + 30))


async def test_health_and_metrics_are_answered_over_http() -> None:
    said: dict[str, str | None] = {"dead": None, "unready": "rebalancing"}
    meters = Meters(CollectorRegistry())
    meters.events.inc(3)
    health = Health(meters.registry, dead=lambda: said["dead"], unready=lambda: said["unready"])
    port = await health.start("127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        live = await http.get("/health/live")
        assert (live.status, await live.json()) == (200, {"status": "ok"})
        ready = await http.get("/health/ready")
        assert (ready.status, await ready.json()) == (503, {"status": "rebalancing"})
        shown = await (await http.get("/metrics")).text()
        assert "points_events_total 3.0" in shown
        said["dead"] = "stalled"
        assert (await http.get("/health/live")).status == 503
    await health.stop()


async def test_a_port_that_is_taken_is_named_with_what_to_set() -> None:
    """As a second worker of one machine finds it; the third takes one that is free."""
    first, second, third = (
        Health(CollectorRegistry(), dead=lambda: None, unready=lambda: None) for _ in range(3)
    )  # fmt: skip
    port = await first.start("127.0.0.1", 0)
    with pytest.raises(OSError, match=f"port {port} is taken.* set POINTS_HTTP_PORT"):
        await second.start("127.0.0.1", port)
    assert await third.start("127.0.0.1", 0) != port
    for one in (first, second, third):
        await one.stop()


def test_every_metric_of_the_table_is_registered() -> None:
    registry = CollectorRegistry()
    Meters(registry)
    assert {family.name for family in registry.collect()} == set(METRICS)
    assert all(metric.says.endswith(".") for metric in METRICS.values())


async def test_a_worker_shows_its_lag_and_its_work(world: World) -> None:
    await world.produce(0, [b"garbage", b"waits", b"waits"])
    await world.produce(1, [b"%d" % n for n in range(10)])
    worker = world.workers.start()
    await world.until_kept(10)
    port = world.workers.said(worker).partition("health and metrics on port ")[2].split()[0]
    shown = ""

    async def lag_shown() -> bool:
        nonlocal shown
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
            shown = await (await http.get("/metrics")).text()
            ready = await http.get("/health/ready")
        return f'points_lag_records{{partition="0",topic="{world.topic}"}} 3.0' in shown and ready.status == 200

    await eventually(lag_shown)
    assert f'points_lag_records{{partition="1",topic="{world.topic}"}} 0.0' in shown
    assert "points_events_total 10.0" in shown
    assert "points_partitions_paused 1.0" in shown
    assert "points_partitions_assigned 4.0" in shown
    assert "points_rebalances_total 1.0" in shown
