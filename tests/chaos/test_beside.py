"""Everything that writes, beside one another: no credit is lost, nobody waits in a ring."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from engine.embedded.child import free_port
from engine.settings import load
from engine.settlement.settle import ordered, settled
from engine.store import connect
from tests.chaos.expected import BANK
from tests.chaos.house import House
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.conftest import Addresses
from tests.engine.town import SHOP, Town, opened

WRITERS = 64
AMPLE: dict[str, Any] = {"api_requests_per_s": 100_000, "api_guesses_max": 1_000_000, "api_sweep_s": 0.3}
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
TOO_MANY_HELD = 422
TOLD_LATE_S = 1.2
"""A session tells the server's counters at most once a second."""


@pytest.fixture
async def town(servers: Addresses, ready_database: str, tmp_path: Path) -> AsyncIterator[Town]:
    async with opened(servers, ready_database, tmp_path, **AMPLE) as town:
        yield town


async def test_no_credit_is_lost(town: Town, full: bool) -> None:
    """64 tills give back a point each time while 64 producers send purchases of a yuan, all of one member.

    It has 64 × each points and they are all taken first. Then as many come back by HTTP as come by events, and it has
    twice as many.
    """
    each = 157 if full else 6
    at = datetime.now(UTC) - timedelta(minutes=10)
    total = WRITERS * each
    await town.house.produce([
        sent(event("member.enrolled.v1", "join-1", "m-1", at, {})),
        sent(purchase("buy-1", "m-1", at, minor=total * 100)),
    ])  # fmt: skip
    await town.house.quiet()
    refs = [f"r-{number}" for number in range(WRITERS)]
    for ref in refs:
        asked = {"merchant_ref": ref, "code": await town.code("m-1"), "points": each, "capture": True}
        await decided(town.at_till, "/v1/redemptions", asked, ref)

    async def till(ref: str) -> None:
        for n in range(each):
            await decided(town.at_till, f"/v1/redemptions/{ref}/reverse", {"points": 1}, f"{ref}-{n}")

    async def producer(number: int) -> None:
        bought = [sent(purchase(f"buy-{number}-{n}", "m-1", at, minor=100)) for n in range(each)]
        for first in range(0, each, 10):
            await town.house.produce(bought[first : first + 10])

    await asyncio.gather(*map(till, refs), *map(producer, range(WRITERS)))
    await town.house.quiet()
    state = (await town.channel.get("/v1/members/m-1")).json()
    [reward] = [one for one in state["balances"] if one["point_type"] == "reward"]
    assert {name: reward[name] for name in ("available", "pending", "held", "deficit")} == {
        "available": 2 * total, "pending": 0, "held": 0, "deficit": 0,
    }  # fmt: skip
    posted = "select kind, sum(points)::int as sum from posting where point_type = 'reward' group by 1"
    sums = Counter({row["kind"]: row["sum"] for row in await town.house.run(posted)})
    assert sums == {"base": 2 * total, "redeemed": -total, "returned": total}
    await town.house.points("verify")


async def decided(client: httpx.AsyncClient, path: str, body: dict[str, Any], key: str) -> httpx.Response:
    """The answer once there is one; in doubt it is asked again with the same key."""
    while True:
        told = await client.post(path, json=body, headers={"Idempotency-Key": key})
        if told.status_code not in (409, 503):
            assert told.is_success or told.json()["type"] == "/problems/too-many-holds", told.text
            return told
        await asyncio.sleep(0.02)


async def test_the_counter_knows_a_deadlock(empty_database: str) -> None:
    """The control: two sessions that lock two rows in opposite order are one deadlock to the counter."""
    first, second = [await asyncpg.connect(empty_database) for _ in range(2)]
    await first.execute("create table pair as select n from generate_series(1, 2) n")
    for session, row in (first, 1), (second, 2):
        await session.execute("set deadlock_timeout = '50ms'")
        await session.execute(f"begin; select from pair where n = {row} for update")
    both = [first.execute("select from pair where n = 2 for update"),
            second.execute("select from pair where n = 1 for update")]  # fmt: skip
    told = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(one, asyncpg.DeadlockDetectedError) for one in told) == 1
    for session in first, second:
        await session.close()
    assert await deadlocks(empty_database) == 1


async def deadlocks(database: str) -> int:
    await asyncio.sleep(TOLD_LATE_S)
    session = await asyncpg.connect(database)
    try:
        return int(await session.fetchval(DEADLOCKS))
    finally:
        await session.close()


async def test_nobody_waits_in_a_ring(town: Town, full: bool) -> None:
    """Two workers of which one is killed again and again, two API processes with sweepers, settling, webhooks, relay.

    Their batches have the same members in every order; members merge and accounts change hands both ways.
    """
    async with AsyncExitStack() as stack:
        storm = await Storm(town, seed=20).open(stack)
        until = time.monotonic() + (600 if full else 12)
        await asyncio.gather(*(storm.again(step, until) for step in storm.steps()))
    await town.house.quiet()
    print(f"\n{dict(storm.done)}")
    assert storm.done.keys() == {step.__name__ for step in storm.steps()}
    assert await deadlocks(town.house.database_url) == 0
    said = "".join(town.house.said(worker) for worker in town.house.workers)
    assert not [word for word in ("deadlock", "could not serialize") if word in said.lower()]
    kept = await town.house.run("select distinct merchant_ref as ref from redemption where state = 'captured'")
    assert storm.acknowledged <= {row["ref"] for row in kept}
    await town.house.points("verify")


class Storm:
    """What each part of the bank does again and again, drawn from a seed."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town, self.draw = town, random.Random(seed)
        self.done: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.names = [f"m-{number}" for number in range(24)]
        self.merging = [(f"x-{number}", f"y-{number}") for number in range(2_000)]
        self.tills = [town.at_till]

    async def open(self, stack: AsyncExitStack) -> "Storm":
        """A second worker and a second process of the API; everybody has points."""
        town, port = self.town, free_port()
        town.house.start("engine", "worker")
        town.house.start("engine", "api", api_port=port)
        other = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=town.at_till.headers, timeout=30)
        self.tills.append(await stack.enter_async_context(other))
        self.pool = await connect.pool(load(**town.house.given))
        stack.callback(self.pool.terminate)
        self.at = datetime.now(UTC) - timedelta(minutes=10)
        joined = [sent(event("member.enrolled.v1", f"join-{name}", name, self.at, {})) for name in self.names]
        await town.house.produce([*joined, *(self._bought(name, 1_000_000) for name in self.names)])
        await town.house.quiet()
        while True:
            try:
                await other.get("/health/live")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return self

    def steps(self) -> list[Callable[[], Awaitable[None]]]:
        return [self.buying, self.holding, self.changing_hands, self.merge, self.settling, self.killing,
                *[self.redeeming] * 8]  # fmt: skip

    async def again(self, step: Callable[[], Awaitable[None]], until: float) -> None:
        while time.monotonic() < until:
            await step()
            self.done[step.__name__] += 1

    def _bought(self, name: str, yuan: int) -> Sent:
        return sent(purchase(f"buy-{self.draw.getrandbits(60):x}-b", name, self.at, minor=yuan * 100))

    async def buying(self) -> None:
        """Everybody, in another order each time."""
        await self.town.house.produce(self._bought(name, 1) for name in self.draw.sample(self.names, len(self.names)))

    async def holding(self) -> None:
        """Holds whose time is past already: the sweeper's."""
        records = []
        for name in self.draw.sample(self.names, 6):
            ref = f"h-{self.draw.getrandbits(60):x}"
            about = {"merchant": SHOP, "merchant_ref": ref, "network": "cinema", "points": 1, "hold_minutes": 5}
            records.append(sent(event("redemption.hold-requested.v1", ref, name, self.at, about)))
        await self.town.house.produce(records)
        await asyncio.sleep(0.2)

    async def changing_hands(self) -> None:
        """An account goes from one to another, and another's the other way."""
        first, second = self.draw.sample(self.names, 2)
        records = []
        for giver, taker in (first, second), (second, first):
            id_ = f"own-{self.draw.getrandbits(60):x}"
            about: dict[str, Any] = {
                "account": f"a-{giver}-{taker}",
                "product": "savings",
                "new_owner": taker,
                "currency": "CNY",
            }
            about |= {"balance_minor": 100}
            records.append(sent(event("account.owner-changed.v1", id_, giver, self.at, about)))
        await self.town.house.produce(records)
        await asyncio.sleep(0.05)

    async def merge(self) -> None:
        """One into another; of the next two the other into the one."""
        first, second = self.merging.pop()
        if len(self.merging) % 2:
            first, second = second, first
        came = [sent(event("member.enrolled.v1", f"join-{name}", name, self.at, {})) for name in (first, second)]
        bought = [self._bought(name, 10) for name in (first, second)]
        merged = sent(event("member.merged.v1", f"merge-{first}", first, self.at, {"into": second}))
        await self.town.house.produce([*came, *bought, merged])
        await asyncio.sleep(0.2)

    async def settling(self) -> None:
        today = await self.pool.fetchval("select (clock_timestamp() at time zone 'UTC')::date")
        async for _ in settled(self.pool, await ordered(self.pool, BANK, today)):
            pass
        await asyncio.sleep(0.3)

    async def killing(self) -> None:
        """A worker, by kill -9; another takes its lanes over."""
        await asyncio.sleep(3)
        house: House = self.town.house
        running = [one for one in house.workers if one.poll() is None and one.args[-1] == "worker"]  # type: ignore[index]
        await house.kill(self.draw.choice(running))
        house.start("engine", "worker")

    async def redeeming(self) -> None:
        """Held and taken, let go or left, or taken at once; by one process or the other."""
        name, till = self.draw.choice(self.names), self.draw.choice(self.tills)
        ref = f"r-{self.draw.getrandbits(60):x}"
        how = self.draw.choice(("at once", "capture", "void", "left"))
        asked = {"merchant_ref": ref, "code": await self.town.code(name), "points": 1, "capture": how == "at once"}
        first = await decided(till, "/v1/redemptions", asked, ref)
        if first.status_code == TOO_MANY_HELD:
            return
        if how in ("capture", "void"):
            await decided(self.draw.choice(self.tills), f"/v1/redemptions/{ref}/{how}", {}, f"{ref}-2")
        if how in ("capture", "at once"):
            self.acknowledged.add(ref)
