"""What the routes of one process share: the door, the reading sessions, the directory, who may."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Annotated, Any, Final

import asyncpg
import httpx
from fastapi import Depends, Request

from engine.api import keys
from engine.api.directory import Directory
from engine.api.door import Door
from engine.api.guesses import Guesses
from engine.api.issuer import IssuerKeys
from engine.api.keys import PEOPLE, Keys
from engine.api.limits import Limits
from engine.api.problems import Problem
from engine.api.reading import Reading
from engine.api.signatures import Signatures
from engine.api.sweeper import Sweeper
from engine.api.tokens import Tokens, is_token
from engine.metrics import Meters
from engine.registry import Registries
from engine.sealing import Masters
from engine.settings import Settings
from engine.store import connect
from engine.store.ledger import Ledger
from engine.stream.health import Health
from engine.stream.outages import Outages

log = logging.getLogger(__name__)

PROCESSES_MAX: Final = 64


@dataclass(frozen=True)
class House:
    """`pool` acts as the application and may write; `reading` sees what row security lets a caller see.

    `tokens` is None where people have keys, as everybody else has.
    """

    settings: Settings
    meters: Meters
    pepper: bytes
    pool: "asyncpg.Pool[Any]"
    registries: Registries
    reading: Reading
    door: Door
    directory: Directory
    keys: Keys
    guesses: Guesses
    limits: Limits
    signatures: Signatures
    tokens: Tokens | None

    async def knows(self, credentials: str) -> bool:
        """Whether somebody comes with a key in force or a token that is taken, whatever they may then do."""
        if self.tokens is None or not is_token(credentials):
            return await self.keys.caller(credentials) is not None
        with suppress(Problem):
            return bool(await self.tokens.caller(credentials, PEOPLE))
        return False


@asynccontextmanager
async def opened(settings: Settings, meters: Meters) -> AsyncIterator[House]:
    """Opens the pools and the door, and closes them."""
    peppered = keys.pepper(settings)
    outages = Outages("database", connect.OUTAGES, settings, meters)
    pool = await outages.through(lambda: connect.pool(settings))
    reader = await outages.through(lambda: connect.pool(settings, connect.READER))
    registries = Registries(pool)
    masters = Masters.of(settings) if settings.profile_key else None
    door = Door(Ledger(pool, registries, masters), settings, meters)
    guesses = Guesses(pool, settings.api_guesses_max)
    directory = Directory(pool, peppered, guesses, door.gathering)
    client = httpx.AsyncClient()
    tokens = _tokens(settings, client, pool)
    await door.open()
    sweeping = asyncio.create_task(Sweeper(pool, door, settings, meters).run())
    health = Health(meters.registry, dead=lambda: None, unready=lambda: None)
    await _listen(health, settings)
    try:
        yield House(
            settings, meters, peppered, pool, registries, Reading(reader), door,
            directory, Keys(pool, peppered), guesses, Limits(settings.api_requests_per_s),
            Signatures(pool, peppered), tokens,
        )  # fmt: skip
    finally:
        sweeping.cancel()
        await health.stop()
        await door.close()
        await client.aclose()
        pool.terminate()
        reader.terminate()


def _tokens(settings: Settings, client: httpx.AsyncClient, pool: "asyncpg.Pool[Any]") -> Tokens | None:
    url = settings.oidc_jwks_url
    return None if url is None else Tokens(settings, IssuerKeys(url, client), pool)


async def _listen(health: Health, settings: Settings) -> None:
    """Metrics have a port of their own, not the merchants'; of several processes each takes the next that is free."""
    for port in range(settings.http_port, settings.http_port + PROCESSES_MAX):
        with suppress(OSError):
            log.info("health and metrics on port %d", await health.start(settings.http_host, port))
            return
    raise OSError(f"port {settings.http_port} is taken, where metrics are to be told; see POINTS_HTTP_PORT")


async def _house(request: Request) -> House:
    """Async, as every parameter here is: of one that is not FastAPI asks another thread, and waits for it."""
    house: House = request.app.state.house
    return house


Shared = Annotated[House, Depends(_house)]
"""A parameter of a route: what the process shares."""
