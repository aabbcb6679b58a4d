"""Engines for the chaos tests: on the servers that all tests share, or on servers that a test may kill."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engine.embedded import Servers
from tests.chaos.house import House
from tests.conftest import QUICK, Addresses, Databases


@pytest.fixture
async def house(servers: Addresses, ready_database: str, tmp_path: Path) -> AsyncIterator[House]:
    """An engine on the shared servers."""
    ours = House(ready_database, servers.kafka_bootstrap, tmp_path)
    yield await ours.open()
    ours.close()


@pytest.fixture(scope="session")
def mortal(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Servers]:
    """Servers of these tests alone, to be killed and started again."""
    with Servers.start(tmp_path_factory.mktemp("mortal"), home=home, postgres_options=QUICK) as both:
        yield both


@pytest.fixture
async def mortal_house(mortal: Servers, tmp_path: Path) -> AsyncIterator[House]:
    """An engine on servers that may be killed, in a database of its own."""
    ours = House(Databases(mortal.postgres.dsn).create(), mortal.kafka.bootstrap, tmp_path)
    yield await ours.open()
    ours.close()
