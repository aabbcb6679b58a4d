"""The journal decided again from empty gives the ledger, and shows where it does not."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from engine.demo.county import events as county_events
from engine.evidence.divergence import Divergence
from engine.evidence.trace import traced
from engine.evidence.verify import Asked, verified
from engine.settings import load
from tests.chaos.house import PARTITIONS
from tests.chaos.traffic import Sent, event, garbage, purchase, repeated, sent, year
from tests.conftest import MASTERS
from tests.engine.store.conftest import Desk, announcement, desk, migrated, owner
from tests.engine.store.test_past import STORY, banks

__all__ = ["banks", "desk", "migrated", "owner"]


async def verdict(desk: Desk, asked: Asked | None = None) -> Divergence | None:
    async with desk.handler.ledger.pool.acquire() as session, session.transaction():
        return (await verified(session, PARTITIONS, replace(asked or Asked(), masters=MASTERS))).divergence


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


NEXT = """
program: corner-bank
semantics: 1
version: 2026-03-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 1, at: month-end}}}
metrics: {spend: {sum: card.purchased.amount, over: calendar-month}}
earn:
  - {id: purchase, on: card.purchased, when: {region: [south]}, award: {rate: 1 per full 1.00, to: reward}}
  - {id: month, every: calendar-month, award: {rate: 1 per full 10.00, of: spend, to: reward}}
"""
"""Asks of profiles and looks ahead to the ends of months, neither of which the version before it does."""


async def test_a_version_that_came_later_decides_nothing_that_was_decided_without_it(desk: Desk, banks: Path) -> None:
    """Of m-2 no region was kept by its days in January, and nobody fell due at the end of a month."""
    noon = datetime(2026, 1, 10, 12, tzinfo=UTC)
    enrolled = event("member.enrolled.v1", "e", "m-2", noon, {"region": "north"})
    moved = event("member.updated.v1", "u", "m-2", noon + timedelta(days=5), {"region": "south"})
    await desk.handle(sent(enrolled), sent(moved), sent(purchase("a", "m-2", noon + timedelta(days=6))))
    await desk.close("2026-01-31")
    await desk.handle(sent(purchase("late", "m-2", noon + timedelta(days=7))))
    (banks.parent / "next.yaml").write_text(NEXT)
    await desk.register(banks, "[program.yaml]", "[program.yaml, next.yaml]")
    await desk.handler.ledger.registries.read()
    await desk.handle(sent(purchase("b", "m-2", noon + timedelta(days=60))), sent(purchase("c", "m-3", noon)))
    await desk.close("2026-04-30")
    assert await desk.value("select count(*) from posting where kind = 'period'") > 0
    assert await verdict(desk) is None


async def test_who_may_send_what_by_now_decides_nothing_of_a_year_that_was_decided(desk: Desk, banks: Path) -> None:
    """Cards may send purchases and announcements no more, and what the branch sent unasked it now may send.

    Its second announcement comes too late, and uses up its id all the same.
    """
    await filled(desk)
    cards = "/banks/corner/cards"
    done = await desk.announce(*(announcement(cards, day, day) for day in ("2026-12-30", "2026-12-29")))
    assert done.dead_letters == {"day-already-closed": 1}
    await desk.handle(*await desk.markers())
    await desk.register(banks, ": all}", ": [member.enrolled.v1], /banks/corner/branch: all}")
    assert await verdict(desk) is None
    ledger, settings = desk.handler.ledger, load(partitions=PARTITIONS)
    async with ledger.pool.acquire() as session, session.transaction():
        found = await traced(session, await ledger.registries.read(), settings, ("corner", "m-1"), "c")
    assert found is not None
    assert [posting.points for posting in found.decision.postings] == [11]


async def test_members_beyond_memory_lie_in_a_file_and_come_to_the_same(desk: Desk) -> None:
    """Forty members, of whom one is in memory; then none is decided again before the second half is compared."""
    await filled(desk)
    assert await verdict(desk, Asked(members_in_memory=1)) is None
    assert await verdict(desk, Asked(since=date(2000, 1, 1))) is None


async def test_what_is_not_asked_for_is_not_compared(desk: Desk) -> None:
    """Of another bank, or recorded before a day; but the chain is always whole."""
    await desk.handle(*STORY, *year(200, 5, members=10))
    await desk.owner.execute("set session_replication_role = replica")
    await desk.owner.execute("update posting set basis = basis + 1 where ctid = (select min(ctid) from posting)")
    assert await verdict(desk, Asked(bank="corner")) is not None
    tomorrow = await desk.value("select current_date + 1")
    assert await verdict(desk, Asked(since=tomorrow)) is None
    assert await verdict(desk, Asked(since=tomorrow - timedelta(days=2))) is not None
    await desk.owner.execute("update journal set next = next + 1 where seq = (select min(seq) from journal)")
    assert "journal" in str(await verdict(desk, Asked(since=tomorrow)))


async def test_a_finding_names_journal_lane_member_row_and_column(desk: Desk) -> None:
    """Of two rows that were changed the one decided first is named."""
    await desk.handle(*STORY)
    await desk.handle(*year(200, 5, members=10))
    pick = "from posting where member_id = 'm-1' and kind = 'base' order by member_version"
    row = (await desk.rows(f"select posting_id, basis, journal_seq {pick} limit 1"))[0]
    await desk.owner.execute("set session_replication_role = replica")
    await desk.owner.execute("update posting set basis = basis + 3 where posting_id = $1", row["posting_id"])
    await desk.owner.execute("update posting set carried = '1/2' where member_id <> 'm-1'")
    found = await verdict(desk)
    assert found is not None
    assert (found.journal, found.row, found.member) == (row["journal_seq"], str(row["posting_id"]), "corner/m-1")
    assert (found.table, found.column, found.have, found.expected) == (
        "posting",
        "basis",
        row["basis"] + 3,
        row["basis"],
    )
    assert f"basis is {row['basis'] + 3}, expected {row['basis']}" in str(found)


CHANGES = [
    "update posting set basis = basis + 1 where ctid = (select min(ctid) from posting)",
    "update allocation set points = points + 1 where ctid = (select min(ctid) from allocation)",
    "delete from posting where ctid = (select max(ctid) from posting)",
    "update member set score = score + 1 where member_id = 'm-1'",
    "update member set closed_through = '2026-01-01' where member_id = 'm-1'",
    "update journal set context = '{}' where context like '%members%'",
    "update member set state = left(state, -1) || ',\"more\":1}' where member_id = 'm-1'",
    "update member set partition = partition + 1 where member_id = 'm-1'",
    "insert into seen values (gen_random_uuid(), gen_random_uuid())",
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
        for key, told in county_events(6, 2026, 3):
            if told["type"] == "business-day.closed.v1":
                await desk.handle(*batch)
                batch.clear()
                own = f"anping/{told['source']}".encode()
                await desk.announce(Sent(own, orjson.dumps(told)))
                batch += await desk.markers()
                continue
            batch.append(Sent(key.encode(), orjson.dumps(told)))
            if len(batch) >= size:
                await desk.handle(*batch)
                batch.clear()
        await desk.handle(*batch)
        assert await desk.value("select count(*) from member where closed_through >= '2026-12-01'") > 0
        assert await verdict(desk) is None
