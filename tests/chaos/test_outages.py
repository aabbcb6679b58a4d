"""PostgreSQL and Kafka killed and started again under load: workers wait, go on by themselves, and lose nothing."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from engine.embedded import Servers
from tests.chaos.evidence import kept_on
from tests.chaos.house import House, eventually
from tests.chaos.traffic import Sent, event, purchase, sent, year
from tests.conftest import Addresses, Databases
from tests.engine.town import Town, opened


async def test_postgresql_killed_under_load(mortal: Servers, mortal_house: House, full: bool) -> None:
    """The postmaster dies by kill -9 in the middle of batches, and comes back after a while."""
    rounds = 5 if full else 1
    back_s = await _under_load(mortal_house, rounds, partial(_again, mortal.postgres.kill, mortal.postgres.restart))
    assert not full or max(back_s) <= 15.0


async def test_the_broker_killed_under_load(mortal: Servers, mortal_house: House, full: bool) -> None:
    """The broker dies by kill -9 while workers read, the relay publishes and a producer writes."""
    rounds = 3 if full else 1
    back_s = await _under_load(mortal_house, rounds, partial(_again, mortal.kafka.kill, mortal.kafka.restart))
    assert not full or max(back_s) <= 15.0


async def _under_load(house: House, rounds: int, outage: Callable[[], Awaitable[None]]) -> list[float]:
    """The seconds after each outage until something is decided again; nothing is lost."""
    worker = house.start()
    flowing = asyncio.create_task(house.produce(_traffic(rounds), seconds=rounds * 6.0))
    back_s: list[float] = []
    await eventually(house.decided, 30.0)
    for _ in range(rounds):
        await asyncio.sleep(1.0)
        await outage()
        began, before = time.monotonic(), await house.decided()
        await eventually(partial(_beyond, house, before, flowing), 60.0)
        back_s.append(time.monotonic() - began)
    await flowing
    await house.quiet()
    print(f"\n{rounds} outages; commits again after {' '.join(f'{one:.1f}' for one in back_s)} s")
    verdict = await house.judge()
    assert verdict.counts["records"] >= len(_traffic(rounds))
    assert worker.poll() is None, house.said(worker)
    await house.stop(worker)
    return back_s


def _traffic(rounds: int) -> list[Sent]:
    return year(rounds * 6_000, 21)


async def _again(kill: Callable[[], None], restart: Callable[[], None]) -> None:
    await asyncio.to_thread(kill)
    await asyncio.sleep(1.0)
    await asyncio.to_thread(restart)


async def _beyond(house: House, before: int, flowing: "asyncio.Task[None]") -> bool:
    return await house.decided() > before or flowing.done()


async def test_redemptions_go_on_while_the_broker_is_down(mortal: Servers, tmp_path: Path, full: bool) -> None:
    """PostgreSQL alone is enough for the API and for webhooks; the topics are told when the broker is there again."""
    database = Databases(mortal.postgres.dsn).create()
    there = Addresses(mortal.postgres.dsn, mortal.kafka.bootstrap)
    at = datetime.now(UTC) - timedelta(minutes=10)
    async with opened(there, database, tmp_path, api_requests_per_s=10_000) as town:
        joined = event("member.enrolled.v1", "join-1", "m-1", at, {})
        await town.house.produce([sent(joined), sent(purchase("buy-1", "m-1", at, minor=1_000_000))])
        await town.house.quiet()
        await asyncio.to_thread(mortal.kafka.kill)
        try:
            took = [await _redeemed(town, f"r-{number}") for number in range(500 if full else 25)]
            await town.shop.told("redemption.decided.v1", merchant_ref="r-0", state="captured")
        finally:
            await asyncio.to_thread(mortal.kafka.restart)
        print(f"\n{len(took)} redemptions without a broker, the slowest in {1000 * max(took):.0f} ms")
        assert not full or max(took) < 1.0
        await town.house.quiet()
        told: dict[str, set[str]] = defaultdict(set)
        records, _ = await kept_on(mortal.kafka.bootstrap, f"{town.house.prefix}.redemption-results")
        for record in (one for partition in records.values() for one in partition):
            said = json.loads(record.value or b"{}")
            told[said["data"]["merchant_ref"]].add(dict(record.headers)["ce_id"].decode())
        assert {ref: len(ids) for ref, ids in told.items()} == {f"r-{number}": 1 for number in range(len(took))}
        await town.house.points("verify")


async def _redeemed(town: Town, ref: str) -> float:
    """The seconds that a shop waits for ten points."""
    code = await town.code("m-1")
    began = time.monotonic()
    asked = {"merchant_ref": ref, "code": code, "points": 10, "capture": True}
    done = await town.at_till.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": ref})
    assert done.status_code == 201, done.text
    return time.monotonic() - began
