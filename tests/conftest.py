"""Real servers for the tests: embedded, or given by `POINTS_TEST_DATABASE_URL` and `POINTS_TEST_KAFKA_BOOTSTRAP`."""

import asyncio
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest

from engine.embedded import Kafka, Postgres
from engine.sealing import Masters
from engine.settings import Settings, cache_folder, load, variable

DATABASE_URL = "POINTS_TEST_DATABASE_URL"
KAFKA_BOOTSTRAP = "POINTS_TEST_KAFKA_BOOTSTRAP"

PROFILE_KEY = "of the tests alone, and of nobody's profile"
MASTERS = Masters(PROFILE_KEY)

# Disk flushes guard against loss of power alone, which no test cuts: kill -9 leaves the system's cache in place.
QUICK = {"fsync": "off", "full_page_writes": "off"}

# Brokers that live for a test cost less without Java's second compiler than they gain by it.
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")


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
        source = "" if template is None else f' TEMPLATE "{_name(template)}"'
        self._run(f'CREATE DATABASE "{name}"{source}')
        return self.url.rpartition("/")[0] + f"/{name}"

    def drop(self, url: str) -> None:
        """Drops a database, whoever uses it."""
        self._run(f'DROP DATABASE "{_name(url)}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        async def run() -> None:
            session = await asyncpg.connect(self.url)
            await session.execute(statement)
            await session.close()

        # In a thread, so that fixtures of any scope may call it whether or not a loop runs.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, run()).result()


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--full`, which `make chaos` gives."""
    parser.addoption("--full", action="store_true", help="the long form of the chaos tests, instead of the short one")


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
        yield


@pytest.fixture(scope="session")
def home() -> Path:
    """Folder of the downloads, shared by every run."""
    return cache_folder()


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Addresses]:
    """The servers that all tests share; a test that kills one starts its own by `Postgres.start` or `Kafka.start`."""
    folder = tmp_path_factory.mktemp("servers")
    database_url, bootstrap = os.environ.get(DATABASE_URL), os.environ.get(KAFKA_BOOTSTRAP)
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
        postgres = None if database_url else pool.submit(Postgres.start, folder / "postgres", options=QUICK)
        kafka = None if bootstrap else pool.submit(Kafka.start, folder / "kafka", home=home)
        if postgres:
            database_url = stack.enter_context(postgres.result()).dsn
        if kafka:
            bootstrap = stack.enter_context(kafka.result()).bootstrap
        yield Addresses(str(database_url), str(bootstrap))


@pytest.fixture(scope="session")
def databases(servers: Addresses) -> Databases:
    """Makes further databases, for fixtures of a wider scope than a test."""
    return Databases(servers.database_url)


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """Address, for a superuser, of a database without anything, this test's alone."""
    url = databases.create()
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
