"""Real servers for the tests: embedded, or given by `POINTS_TEST_DATABASE_URL` and `POINTS_TEST_KAFKA_BOOTSTRAP`."""

import asyncio
import gc
import os
import secrets
import ssl
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import pytest

from engine.embedded import Kafka, Postgres
from engine.garbage import collect_seldom
from engine.sealing import Masters
from engine.settings import Settings, cache_folder, load, variable
from engine.store import connect, migrate
from tests.together import together

DATABASE_URL = "POINTS_TEST_DATABASE_URL"
KAFKA_BOOTSTRAP = "POINTS_TEST_KAFKA_BOOTSTRAP"

PROFILE_KEY = "of the tests alone, and of nobody's profile"
MASTERS = Masters(PROFILE_KEY)

# The days of the tests are made up: some lie after the clock of whatever machine runs them.
AHEAD_DAYS = 100_000

# Disk flushes guard against loss of power alone, which no test cuts: kill -9 leaves the system's cache in place.
QUICK = {"fsync": "off", "full_page_writes": "off"}

# Clients of loopback need no list of authorities, which takes 20 ms to read for each of them.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

# Brokers that live for a test cost less without Java's second compiler than they gain by it.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")

# What is loaded for the tests is never garbage, and a third of the time of loading it would go on looking for some.
gc.disable()


class Addresses(NamedTuple):
    """Where the servers of the tests are."""

    database_url: str
    kafka_bootstrap: str


class Databases:
    """Makes databases on the server of the tests, and drops them."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create(self, template: str | None = None) -> str:
        """Address of a new database, empty or a copy of that at the address `template`, which nobody may be using."""
        name = f"points_{secrets.token_hex(6)}"
        # File by file: to log a copy page by page takes ten times as long.
        source = "" if template is None else f' TEMPLATE "{_name(template)}" STRATEGY FILE_COPY'
        self._run(f'CREATE DATABASE "{name}"{source}')
        return self.url.rpartition("/")[0] + f"/{name}"

    def ready(self) -> str:
        """Address of a new database with the tables of the ledger and nothing in them."""
        return self.create(self._migrated)

    def drop(self, url: str) -> None:
        """Drops a database, whoever uses it."""
        self._run(f'DROP DATABASE "{_name(url)}" WITH (FORCE)')

    @cached_property
    def _migrated(self) -> str:
        url = self.create()

        async def run() -> None:
            session = await connect.owner(load(owner_database_url=url))
            await migrate.migrate(session)
            await session.close()

        finished(run())
        return url

    def _run(self, statement: str) -> None:
        async def run() -> None:
            session = await asyncpg.connect(self.url)
            await session.execute(statement)
            await session.close()

        finished(run())


def finished(work: Coroutine[Any, Any, None]) -> None:
    """Returns when it is done; in a thread, so that fixtures of any scope may call it whether or not a loop runs."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


def _name(url: str) -> str:
    return url.rpartition("/")[2]


LONGEST = (
    "engine/cli/test_commands.py", "engine/stream/test_faults.py", "rules/test_mutations.py", "chaos/test_kills.py",
    "chaos/test_beside.py", "engine/api/test_stops.py", "engine/api/test_walls.py", "engine/evidence/test_tamper.py",
    "engine/stream/test_transport.py", "chaos/test_outages.py", "engine/api/test_contract.py",
    "engine/api/test_signatures.py", "engine/stream/test_agents.py", "engine/api/test_scopes.py",
    "engine/webhooks/test_dispatcher.py", "chaos/test_crash_points.py", "chaos/test_frozen.py", "chaos/test_poison.py",
    "demo/test_demo.py", "engine/test_merchants.py", "engine/test_verify.py", "engine/test_embedded.py",
    "engine/settlement/test_command.py", "engine/test_canaries.py", "engine/test_five_minutes.py",
)  # fmt: skip
"""Files that take more than half a minute, the longest first: begun last, one alone would keep everybody waiting."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first, then the others as they are named; of `--full` those that have a long form."""
    if config.getoption("--full"):
        short = [item for item in items if not has_long_form(item)]
        config.hook.pytest_deselected(items=short)
        items[:] = [item for item in items if has_long_form(item)]
    places = {Path(__file__).parent / file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


def pytest_collection_finish() -> None:
    """All tests are loaded: from here on garbage is looked for as the engine's own processes do."""
    collect_seldom()
    gc.enable()


def has_long_form(item: pytest.Item) -> bool:
    """Whether it asks for `full`, itself or by what it stands on: nothing else tells the two forms apart."""
    return "full" in getattr(item, "fixturenames", ())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--full`, which `make chaos` gives."""
    parser.addoption("--full", action="store_true", help="only the tests that have a long form, in it")


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether bounds are those of the long form; no test is left out of the short one."""
    return bool(request.config.getoption("--full"))


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Of the whole session, so that what a file's tests share begins with them too."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("POINTS_") and not name.startswith("POINTS_TEST_"):
                patch.delenv(name)
        patch.setenv(variable("profile_key"), PROFILE_KEY)
        patch.setenv(variable("ahead_days"), str(AHEAD_DAYS))
        yield


@pytest.fixture(scope="session")
def home() -> Path:
    """Folder of the downloads, shared by every run."""
    return cache_folder()


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Makes databases on the PostgreSQL of all tests that run in this process."""
    given = os.environ.get(DATABASE_URL)
    if given:
        yield Databases(given)
        return
    with Postgres.start(tmp_path_factory.mktemp("servers") / "postgres", options=QUICK) as server:
        yield Databases(server.dsn)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory, home: Path, worker_id: str) -> Iterator[str]:
    """Address of the Kafka of all tests, whichever process they run in: a broker costs more than all it is asked."""
    given = os.environ.get(KAFKA_BOOTSTRAP)
    if given:
        yield given
        return
    ours = tmp_path_factory.getbasetemp()
    folder = (ours if worker_id == "master" else ours.parent) / "kafka"
    folder.mkdir(exist_ok=True)
    with together(folder, _broker(folder, home)) as address:
        yield address


@contextmanager
def _broker(folder: Path, home: Path) -> Iterator[str]:
    with Kafka.start(folder, home=home) as kafka:
        yield kafka.bootstrap


@pytest.fixture(scope="session")
def servers(databases: Databases, broker: str) -> Addresses:
    """The servers that all tests share; a test that kills one starts its own by `Postgres.start` or `Kafka.start`."""
    return Addresses(databases.url, broker)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """Address, for a superuser, of a database without anything, this test's alone."""
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def ready_database(databases: Databases) -> Iterator[str]:
    """Address, for a superuser, of a database with the tables of the ledger and nothing in them, this test's alone."""
    url = databases.ready()
    yield url
    databases.drop(url)


@pytest.fixture
def unique() -> str:
    """A word that no other test of any run has: for topic prefixes, groups and roles."""
    return f"t{secrets.token_hex(6)}"


@pytest.fixture
def settings(servers: Addresses, unique: str, tmp_path: Path) -> Callable[..., Settings]:
    """`settings(**given)`: those of a worker on the servers of the tests, with its own topics and group."""

    def made(**given: object) -> Settings:
        own = {"kafka_bootstrap": servers.kafka_bootstrap, "topic_prefix": unique, "group_id": unique}
        return load(**(own | {"partitions": 4, "home": tmp_path} | given))

    return made
