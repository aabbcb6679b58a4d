"""A batch that takes longer to decide than the server lets a session idle is decided in parts."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from engine.batch import Slice
from engine.metrics import Meters
from engine.settings import load
from engine.store import connect
from engine.store.lanes import Lanes
from engine.stream.agents import Hands
from engine.stream.strands import Strand, Strands
from tests.chaos.traffic import event, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk
from tests.engine.store.test_redemptions import NOON, PROGRAM, asked

LOTS, REDEMPTIONS = 1_000, 1_500


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    """The corner bank, with points that may be redeemed."""
    return corner_bank(tmp_path, PROGRAM)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that waits for half a second; the batch takes some two."""
    monkeypatch.setattr(connect, "IDLE_IN_TRANSACTION_MS", 500)


@dataclass
class Delivered:
    """A slice as the stream hands it over."""

    value: Slice
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def ack(self) -> bool:
        """Remembers that it is committed."""
        self.done.set()
        return True


async def test_a_member_whose_batch_takes_too_long_is_decided_in_parts(
    desk: Desk, migrated: str, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.handle(sent(event("member.enrolled.v1", "join", "m-1", NOON, {})))
    for first in range(0, LOTS, 250):  # each within the server's time
        earned = range(first, first + 250)
        await desk.handle(*[sent(purchase(f"b-{n}", "m-1", NOON + timedelta(seconds=n), minor=500)) for n in earned])
    [whole] = desk.slices(
        [asked(f"r-{n}", "requested", 60, f"r{n}", network="food", points=1) for n in range(REDEMPTIONS)]
    )
    given = load(database_url=migrated, outage_pause_s_first=0.01, outage_pause_s_max=0.05)
    strands = Strands(given, Lanes(desk.handler.ledger.pool), Meters(CollectorRegistry()), connect.OUTAGES)
    strand, delivered = Strand(), Delivered(whole)
    strand.put(delivered)
    working = asyncio.ensure_future(Hands(strands, desk.handler).work(strand))
    await asyncio.wait_for(delivered.done.wait(), 100)
    working.cancel()
    assert "TooLong" in caplog.text
    assert await desk.value("select available from balance") == LOTS * 5 - REDEMPTIONS
    assert await desk.value("select count(*) from lane_defect") == 0
