"""A real API process on loopback before a real PostgreSQL, with a bank, members who have points, and merchants."""

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from engine.api import codes, keys
from engine.api.codes import Issue
from engine.embedded.child import free_port
from engine.evidence.divergence import Divergence
from engine.evidence.verify import Asked, verified
from engine.handle import Handler
from engine.registry import Registries
from engine.settings import load, variable
from engine.setup import read, register
from engine.store import connect
from engine.store.connect import ROLE
from engine.store.ledger import Ledger
from engine.store.sql import statement
from tests.chaos.house import PARTITIONS
from tests.chaos.traffic import event, purchase, sent
from tests.conftest import AHEAD_DAYS, MASTERS, PLAIN, Databases, finished
from tests.engine.store.conftest import CALENDAR, TOPIC, Desk

ROOT = Path(__file__).parents[3]
PEPPER = "pepper-of-the-tests-" + "0" * 20
WEBHOOK_KEY = "w" * 32
BANK, OTHER_BANK = "corner", "harbour"
PROGRAM = """
program: {bank}-bank
semantics: 1
version: 2020-01-01
time_zone: UTC
currency: CNY
points: {{reward: {{spendable: true, expires: {{after_months: 12, at: month-end}}}}}}
earn:
  - {{id: purchase, on: card.purchased, award: {{rate: 1 per full 1.00, to: reward}}}}
benefits:
  wash: {{network: car, units: 3, per: calendar-year, value: {{ceiling: 10.00, excess: 2 points per 1.00}}}}
  shine: {{network: car, units: 1, per: calendar-year}}
  lounge: {{network: air, units: 2, per: calendar-year, companions: 1, regions: [south, north]}}
"""
BANKS = "".join(
    f"  {bank}:\n    programs: [{bank}.yaml]\n    sources: {{/banks/{bank}/cards: all, /banks/{bank}/branch: all}}\n"
    for bank in (BANK, OTHER_BANK)
)
MERCHANTS = (
    (BANK, "wash-1", "car", None), (BANK, "wash-2", "car", None), (BANK, "gate-1", "air", "north"),
    (OTHER_BANK, "wash-1", "car", None),
)  # fmt: skip


@pytest.fixture(scope="session")
def template(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a migrated database with banks and merchants, to copy from."""
    with opened(databases, tmp_path_factory.mktemp("banks"), PROGRAM, MERCHANTS) as url:
        yield url


@contextmanager
def opened(
    databases: Databases, folder: Path, program: str, merchants: Iterable[tuple[str, str, str, str | None]]
) -> Iterator[str]:
    """Address of a database where both banks run a program and have merchants: bank, name, network and region."""
    for bank in (BANK, OTHER_BANK):
        (folder / f"{bank}.yaml").write_text(program.format(bank=bank))
    (folder / "banks.yaml").write_text(f"banks:\n{BANKS}")
    url = databases.ready()

    async def run() -> None:
        session = await connect.owner(load(owner_database_url=url))
        await session.execute("set search_path to points")
        await register(session, *read(folder / "banks.yaml"))
        for one in merchants:
            await session.execute(statement("add_merchant"), *one, False)
        await session.execute(f"insert into lane select '{TOPIC}', n, 1 from generate_series(0, {PARTITIONS - 1}) n")
        await session.execute(f"insert into lane values ('{CALENDAR}', 0, 1)")
        await session.close()

    finished(run())
    yield url
    databases.drop(url)


class Street:
    """A bank's ledger with shops that redeem at its API."""

    def __init__(self, url: str, owner: "asyncpg.Connection[Any]", folder: Path) -> None:
        self.url, self.owner, self.folder = url, owner, folder
        self.given: dict[str, Any] = {
            "database_url": url, "owner_database_url": url, "api_pepper": PEPPER, "webhook_key": WEBHOOK_KEY,
            "api_port": free_port(), "partitions": PARTITIONS, "http_port": 0, "api_requests_per_s": 100_000,
            "log_level": "INFO",
        }  # fmt: skip
        self.processes: list[subprocess.Popen[bytes]] = []
        self.clients: list[httpx.AsyncClient] = []
        self.tokens: dict[tuple[str, str, str, tuple[str, ...]], str] = {}
        self.at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)

    async def open(self) -> "Street":
        """Gives the API a login that may do what the application may, and no more."""
        role, password = f"api_{secrets.token_hex(6)}", secrets.token_hex(8)
        await self.owner.execute(f"create role {role} login password '{password}' in role {ROLE}")
        there = urlsplit(self.url)
        at = f"{quote(role)}:{password}@{there.hostname}:{there.port}"
        self.given["database_url"] = urlunsplit(there._replace(netloc=at))
        self.pool = await connect.pool(load(**self.settings()))
        self.keepers = await asyncpg.create_pool(self.url, min_size=1, server_settings={"search_path": connect.SCHEMA})
        ledger = Ledger(self.pool, Registries(self.pool), MASTERS)
        self.desk = Desk(
            self.owner, Handler(ledger, partitions=PARTITIONS, unusable_max=100, close_chunk=3, ahead_days=AHEAD_DAYS)
        )
        return self

    def settings(self, **more: Any) -> dict[str, Any]:
        return self.given | more

    async def serve(self, **more: Any) -> subprocess.Popen[bytes]:
        """A process of the API, by the real command, once it answers."""
        told = {variable(name): str(value) for name, value in self.settings(**more).items()}
        log = self.folder / f"api-{len(self.processes)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: ASYNC220  # it is only started
                [sys.executable, "-m", "engine", "api"], cwd=ROOT, env=os.environ | told, stdout=out,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.processes.append(process)
        await self.answers(process)
        return process

    async def answers(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + 120
        async with httpx.AsyncClient(base_url=self.address, verify=PLAIN) as client:
            while time.monotonic() < until:
                assert process.poll() is None, self.said()
                try:
                    await client.get("/health/live")
                except httpx.TransportError:
                    await asyncio.sleep(0.02)
                else:
                    return
        pytest.fail(f"the API does not answer: {self.said()}")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.given['api_port']}"

    def said(self) -> str:
        """What the processes logged."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("api-*.log")))

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            process.wait(20)
        self.pool.terminate()
        self.keepers.terminate()

    # Who asks

    async def token(self, role: str, holder: str, bank: str = BANK, scopes: tuple[str, ...] = ()) -> str:
        """A key of theirs, as the role that owns the tables makes one alone."""
        who = bank, role, holder, scopes
        if who not in self.tokens:
            new = keys.made(PEPPER.encode())
            await self.keepers.execute(statement("add_key"), new.key_id, *who[:3], list(scopes), new.digest, None)
            self.tokens[who] = new.token
        return self.tokens[who]

    async def client(
        self, role: str = "merchant", holder: str = "wash-1", bank: str = BANK, scopes: tuple[str, ...] = ()
    ) -> httpx.AsyncClient:
        """A client with a key."""
        headers = {"Authorization": f"Bearer {await self.token(role, holder, bank, scopes)}"}
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
        client = httpx.AsyncClient(base_url=self.address, headers=headers, timeout=30, limits=limits, verify=PLAIN)
        self.clients.append(client)
        return client

    def key(self) -> dict[str, str]:
        """The header of a write that was never made before."""
        return {"Idempotency-Key": f"k-{secrets.token_hex(6)}"}

    # What happens at the bank

    async def member(self, name: str, points: int = 0, bank: str = BANK) -> str:
        """A member who enrolled and has so many points."""
        joined = event("member.enrolled.v1", f"join-{name}", name, self.at, {})
        bought = purchase(f"buy-{name}", name, self.at, minor=points * 100)
        told = [joined, bought] if points else [joined]
        for one in told:
            one["source"] = one["source"].replace("/banks/corner", f"/banks/{bank}")
        records = [sent(one)._replace(key=f"{bank}/{name}".encode()) for one in told]
        await self.desk.handle(*records)
        return name

    async def merge(self, member: str, into: str) -> None:
        """The bank finds that the two are one; what the engine says to the survivor because of it is handled too."""
        told = event("member.merged.v1", f"merge-{member}", member, self.at + timedelta(minutes=1), {"into": into})
        batch = [sent(told)]
        while batch:
            await self.desk.handle(*batch)
            batch = await self.desk.markers()
        assert await self.owner.fetchval("select status from member where member_id = $1", member) == "merged"

    async def code(self, member: str, bank: str = BANK, **more: Any) -> str:
        """A code that the member shows."""
        good_for_s = more.pop("good_for_s", 300)
        return (await codes.issue(self.pool, PEPPER.encode(), Issue(bank, member, good_for_s, **more))).code

    async def voucher(self, member: str, benefit: str) -> str:
        """A code for the member's first grant of a benefit."""
        grant = await self.owner.fetchval(
            "select grant_id from benefit_grant where bank = $1 and member_id = $2 and benefit_id = $3 limit 1",
            BANK, member, benefit,
        )  # fmt: skip
        return await self.code(member, kind="voucher", benefit=benefit, grant_id=grant)

    async def balance(self, member: str, bank: str = BANK) -> tuple[int, int]:
        """Available and held."""
        row = await self.owner.fetchrow(
            "select available, held from balance where bank = $1 and member_id = $2", bank, member
        )
        return (0, 0) if row is None else (row[0], row[1])

    async def verdict(self) -> Divergence | None:
        """What deciding the journal again finds different."""
        async with self.pool.acquire() as session, session.transaction():
            return (await verified(session, PARTITIONS, Asked(masters=MASTERS))).divergence


@asynccontextmanager
async def built(databases: Databases, template: str, folder: Path) -> AsyncIterator[Street]:
    """A street whose API does not run yet, on a copy of a database."""
    url = databases.create(template)
    owner = await asyncpg.connect(url, server_settings={"search_path": "points"})
    street = await Street(url, owner, folder).open()
    try:
        yield street
    finally:
        await street.close()
        await owner.close()
        databases.drop(url)


@pytest.fixture
async def closed_street(databases: Databases, template: str, tmp_path: Path) -> AsyncIterator[Street]:
    """A street whose API does not run yet."""
    async with built(databases, template, tmp_path) as street:
        yield street


@pytest.fixture
async def street(closed_street: Street) -> Street:
    """A street whose API runs."""
    await closed_street.serve()
    return closed_street
