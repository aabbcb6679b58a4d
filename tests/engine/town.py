"""A bank with everything that runs for it, and a cinema's server: every part the real one, in a process of its own."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.embedded.child import free_port
from tests.chaos.expected import BANK
from tests.chaos.house import House
from tests.conftest import PLAIN, Addresses
from tests.engine.api.conftest import PEPPER
from tests.engine.webhooks.conftest import KEY
from tests.engine.webhooks.receiver import Came, Receiver, receiving

PATIENCE_S = 60.0
SHOP, BARBER = "star-cinema", "corner-barber"
BANKS = """
banks:
  corner:
    programs: [corner.yaml]
    sources: {/banks/corner/cards: all, /banks/corner/branch: [member.enrolled.v1]}
"""
PROGRAM = """
program: corner
semantics: 1
version: 2020-01-01
time_zone: UTC
currency: CNY
points:
  reward: {spendable: true, expires: {after_months: 12, at: month-end}}
  growth: {spendable: false}
metrics:
  grown: {points: growth, over: calendar-year}
earn:
  - {id: spend, on: card.purchased, award: {rate: 1 per full 1.00, to: [reward, growth]}}
tiers:
  ladder: [{id: basic}, {id: core, any: [{grown: 500}]}]
benefits:
  haircut: {network: hair, units: {basic: 1, core: 1}, per: calendar-year}
  popcorn: {network: cinema, units: {basic: 1, core: 1}, per: calendar-year}
  film: {network: cinema, units: {core: 2}, per: calendar-year, value: {ceiling: 30.00, excess: 2 points per 1.00}}
"""
CONTRACTS = """
bank: corner
currency: CNY
merchants:
  star-cinema:
    - {from: 2020-01-01, benefit: film, pays: 80% of price, without_price: 25.00, funded_by: {bank: 90%, merchant: 10%}}
    - {from: 2020-01-01, benefit: popcorn, pays: 5.00 per unit, funded_by: {bank: 100%}}
    - {from: 2020-01-01, points: reward, pays: 1.00 per 100 points, funded_by: {bank: 100%}}
  corner-barber:
    - {from: 2020-01-01, benefit: haircut, pays: 40.00 per unit, funded_by: {bank: 100%}}
"""


class Shop:
    """A merchant's server: it takes what the public library of Standard Webhooks verifies, and refuses the rest."""

    def __init__(self, receiver: Receiver) -> None:
        self.url = receiver.url
        self.secret = ""
        self.refused = 0
        self._told: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        receiver.answers = self._answers

    def _answers(self, came: Came) -> int:
        with self._lock:
            try:
                self._told.append(Webhook(self.secret).verify(came.body, came.headers))
            except WebhookVerificationError:
                self.refused += 1
                return 401
        return 204

    async def told(self, type_: str, **about: Any) -> dict[str, Any]:
        """What it is told of this type and with these fields, once it is."""

        async def found() -> dict[str, Any] | None:
            with self._lock:
                told = [one["data"] for one in self._told if one["type"] == type_]
            return next((one for one in told if about.items() <= one.items()), None)

        return dict(await until(found))


async def until(holds: Callable[[], Awaitable[Any]]) -> Any:
    """What `holds` answers once it answers something; it is asked so often that a step's seconds are its own."""
    ends = time.monotonic() + PATIENCE_S
    while not (answer := await holds()):
        assert time.monotonic() < ends
        await asyncio.sleep(0.005)
    return answer


class Town:
    """The bank: its worker with the relay, its API, its webhooks; a client of each role."""

    def __init__(self, house: House, shop: Shop, shop_client: httpx.AsyncClient, channel: httpx.AsyncClient) -> None:
        self.house, self.shop, self.at_till, self.channel = house, shop, shop_client, channel

    async def code(self, member: str) -> str:
        """A code that the member shows."""
        got = await self.channel.post(f"/v1/members/{member}/codes", json={})
        assert got.status_code == 201, got.text
        return str(got.json()["code"])


@asynccontextmanager
async def opened(servers: Addresses, database: str, folder: Path, **given: object) -> AsyncIterator[Town]:
    """A town in which everything runs and nobody has done anything yet; `given` are further settings."""
    async with AsyncExitStack() as stack:
        port = free_port()
        house = House(
            database, servers.kafka_bootstrap, folder, api_pepper=PEPPER, api_port=port, webhook_key=KEY,
            webhook_loopback=True, **given,
        )  # fmt: skip
        stack.callback(house.close)
        for name, text in (("banks.yaml", BANKS), ("corner.yaml", PROGRAM), ("contracts.yaml", CONTRACTS)):
            (folder / name).write_text(text)
        await house.open(folder / "banks.yaml")
        for merchant, network in ((SHOP, "cinema"), (BARBER, "hair")):
            await house.points("merchants", "add", BANK, merchant, "--network", network)
        await house.points("contracts", "load", str(folder / "contracts.yaml"))
        for command in (("worker",), ("api",), ("webhooks", "run")):
            house.start("engine", *command)
        shop = Shop(stack.enter_context(receiving()))
        clients = [
            await stack.enter_async_context(await _client(house, port, role, holder))
            for role, holder in (("merchant", SHOP), ("channel", "mobile-bank"))
        ]
        town = Town(house, shop, *clients)
        await until(lambda: _answers(town))
        put = await town.at_till.put("/v1/webhooks/main", json={"url": shop.url})
        assert put.status_code == 200, put.text
        shop.secret = put.json()["secret"]
        yield town


async def _client(house: House, port: int, role: str, holder: str) -> httpx.AsyncClient:
    token = (await house.points("keys", "create", BANK, role, holder)).strip()
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, verify=PLAIN)


async def _answers(town: Town) -> bool:
    assert all(process.poll() is None for process in town.house.workers), town.house.told()
    try:
        return (await town.channel.get("/health/live")).is_success
    except httpx.TransportError:
        return False
