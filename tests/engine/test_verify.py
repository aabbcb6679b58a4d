"""The journal decided again from empty gives the ledger, and shows where it does not."""

from pathlib import Path

import orjson
import pytest

from engine.demo.county import events as county_events
from engine.verify import Divergence, verified
from tests.chaos.house import PARTITIONS
from tests.chaos.traffic import Sent, garbage, purchase, repeated, sent, year
from tests.engine.store.conftest import Desk, desk, migrated, owner
from tests.engine.store.test_past import STORY, banks

__all__ = ["banks", "desk", "migrated", "owner"]


async def verdict(desk: Desk) -> Divergence | None:
    registry = await desk.handler.ledger.registries.read()
    async with desk.handler.ledger.pool.acquire() as session, session.transaction():
        return await verified(session, registry, PARTITIONS)


async def filled(desk: Desk) -> None:
    """Purchases of many members, refunds, repeats, conflicts and garbage, with closes between them."""
    events = year(1_200, 5, members=40)
    bad = [one for one, _ in zip(garbage(3), range(30), strict=False)]
    mixed = [*STORY, *repeated(events, 7, 3)[:1_500], *bad, sent(purchase("a", "m-1", minor=5))]
    for number, at in enumerate(range(0, len(mixed), 173)):
        await desk.handle(*mixed[at : at + 173])
        if number in (3, 6):
            await desk.close(f"2026-0{number}-28")


async def test_the_journal_decided_again_gives_the_ledger(desk: Desk) -> None:
    await filled(desk)
    assert await desk.value("select count(*) from posting where kind = 'expired'") > 20
    assert await verdict(desk) is None


CHANGES = [
    "update posting set basis = basis + 1 where ctid = (select min(ctid) from posting)",
    "update allocation set points = points + 1 where ctid = (select min(ctid) from allocation)",
    "delete from posting where ctid = (select max(ctid) from posting)",
    "update member set score = score + 1 where member_id = 'm-1'",
    "update member set closed_through = '2026-01-01' where member_id = 'm-1'",
    "update journal set context = '{}' where context like '%members%'",
]


@pytest.mark.parametrize("change", CHANGES)
async def test_a_row_that_was_changed_is_found(desk: Desk, change: str) -> None:
    await desk.handle(*STORY, *year(200, 5, members=10))
    await desk.close("2026-02-28")
    assert await verdict(desk) is None
    await desk.owner.execute("set session_replication_role = replica")
    assert await desk.owner.execute(change) != "UPDATE 0"
    assert await verdict(desk) is not None


class TestCounty:
    """The made-up county bank's year: refunds, merges, holds, reviews, two versions of the program."""

    @pytest.fixture
    def banks(self) -> Path:
        return Path(__file__).parents[2] / "rules" / "programs" / "banks.yaml"

    @pytest.mark.parametrize("size", [40, 700])
    async def test_its_journal_decided_again_gives_the_ledger(self, desk: Desk, size: int) -> None:
        batch: list[Sent] = []
        for key, event in county_events(6, 2026, 3):
            if event["type"] == "business-day.closed.v1":
                await desk.handle(*batch)
                batch.clear()
                own = f"anping/{event['source']}".encode()
                await desk.announce(Sent(own, orjson.dumps(event)))
                batch += await desk.markers()
                continue
            batch.append(Sent(key.encode(), orjson.dumps(event)))
            if len(batch) >= size:
                await desk.handle(*batch)
                batch.clear()
        await desk.handle(*batch)
        assert await desk.value("select count(*) from member where closed_through >= '2026-12-01'") > 0
        assert await verdict(desk) is None
