"""The close of days on a real ledger: who is visited, what closes when, and that nothing of it happens twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from engine.dead_letters import why_not
from engine.evidence.verify import verified
from engine.store import rows
from engine.store.sql import statement
from tests.chaos.house import PARTITIONS, eventually, partition_of
from tests.chaos.traffic import Sent, purchase, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk, announcement

PROGRAM = """
program: corner-bank
semantics: 1
version: 2026-01-01
time_zone: UTC
currency: CNY
points: {reward: {spendable: true, expires: {after_months: 1, at: month-end}}}
earn:
  - {id: purchase, on: card.purchased, award: {rate: 1 per full 1.00, to: reward}}
"""
CARDS, BRANCH = "/banks/corner/cards", "/banks/corner/branch"
FEBRUARY = [announcement(source, "2026-02-28", "2026-02-28") for source in (CARDS, BRANCH)]


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    """Points of a month expire at the end of the next; two sources announce their business days, one does not."""
    return corner_bank(tmp_path, PROGRAM, f"{{{CARDS}: all, {BRANCH}: all, /banks/corner/till: [card.purchased.v1]}}")


def spent(id_: str, member: str, day: str, yuan: int) -> Sent:
    at = date.fromisoformat(day)
    return sent(purchase(id_, member, datetime.combine(at, time(12), UTC), minor=yuan * 100))


async def expiries(desk: Desk) -> list[tuple[str, int, date]]:
    """(member, points, business date) of what expired, in the order of members and days."""
    sql = "select member_id, points, business_date from posting where kind = 'expired' order by 1, 3"
    return [tuple(row) for row in await desk.rows(sql)]


async def next_version(desk: Desk) -> None:
    """Registers a version that takes over on 1 April."""
    text = PROGRAM.replace("2026-01-01", "2026-04-01")
    sql = "insert into program_version select 'corner', '2026-04-01', 'corner-bank', sha256($1::bytea), 1, $2"
    await desk.owner.execute(sql, text.encode(), text)
    await desk.owner.execute("update registry set revision = revision + 1")


async def waiting(desk: Desk, sessions: int) -> None:
    """Until so many sessions wait for a lock."""
    sql = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

    async def wait() -> bool:
        return bool(await desk.value(sql) >= sessions)

    await eventually(wait, 20.0, lambda: "nobody waits for a lock")


def of_partition(number: int) -> list[str]:
    """Members of one partition, in the order of their ids."""
    return [m for m in (f"m-{n:03}" for n in range(99)) if partition_of(f"corner/{m}".encode()) == number]


@asynccontextmanager
async def locked(desk: Desk, member: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """The member's row is locked until what is yielded is called."""
    async with desk.handler.ledger.pool.acquire() as blocking:
        block = blocking.transaction()
        await block.start()
        await blocking.fetch(statement("lock_members"), "corner", member)
        yield block.commit


async def test_a_day_closes_when_every_source_that_announces_has(desk: Desk) -> None:
    """Of three sources two are registered to announce; the second one closes the day, in all four partitions."""
    assert (await desk.announce(announcement(CARDS, "2026-02-27", "2026-03-01"))).dead_letters == {}
    assert await desk.markers() == []
    await desk.announce(announcement(BRANCH, "2026-02-27", "2026-02-28"))
    markers = await desk.markers()
    assert [one.partition for one in markers] == [0, 1, 2, 3]
    assert {one.key for one in markers} == {b"corner/calendar"}
    # Through what both agree on: Saturday 28 February.
    [row] = await desk.rows("select business_date, through, reason from day_close")
    assert tuple(row) == (date(2026, 2, 27), date(2026, 2, 28), None)


async def test_each_lot_expires_once_at_the_close_before_its_first_day_not_valid(desk: Desk) -> None:
    """January's points go on 1 March, February's on 1 April; nine members, chunks of three."""
    for n in range(9):
        await desk.handle(spent(f"a-{n}", f"m-{n}", "2026-01-15", 10 + n), spent(f"b-{n}", f"m-{n}", "2026-02-15", 5))
    assert (await desk.close("2026-02-27")).closed == 0
    done = await desk.close("2026-02-28")
    assert (done.closed, done.postings) == (9, 9)
    assert await expiries(desk) == [(f"m-{n}", -(10 + n), date(2026, 3, 1)) for n in range(9)]
    assert (await desk.close("2026-03-30")).closed == 0
    await desk.close("2026-03-31")
    assert await desk.value("select sum(available[1]) from member") == 0
    assert [r[0] for r in await desk.rows("select distinct closed_through from member")] == [date(2026, 3, 31)]


async def test_events_behind_a_marker_in_one_fetch_are_decided_behind_it(desk: Desk) -> None:
    """A slice is split at its marker: what is earned before it has expired when the purchase behind it comes."""
    await desk.handle(spent("a", "m-1", "2026-01-15", 10))
    await desk.announce(*FEBRUARY)
    markers = await desk.markers()
    done = await desk.handle(spent("b", "m-1", "2026-02-28", 3), *markers, spent("c", "m-1", "2026-03-01", 4))
    assert (done.events, done.closed) == (2, 1)
    rows = await desk.rows("select points, balance_after, member_version from posting order by member_version")
    assert [tuple(row) for row in rows] == [(10, 10, 1), (3, 13, 2), (-10, 3, 3), (4, 7, 4)]


async def test_a_marker_sent_twice_closes_once(desk: Desk) -> None:
    await desk.handle(*(spent(f"a-{n}", f"m-{n}", "2026-01-15", 10) for n in range(20)))
    await desk.announce(*FEBRUARY)
    markers = await desk.markers()
    first = await desk.handle(*markers, *markers)
    again = await desk.handle(*markers)
    assert (first.closed, again.closed, again.dead_letters) == (20, 0, {})
    assert len(await expiries(desk)) == 20


async def test_two_workers_at_one_close_visit_each_member_once(desk: Desk) -> None:
    """As after a rebalance: both take chunks of the same marker in turn, and neither does what the other did."""
    await desk.handle(*(spent(f"a-{n}", f"m-{n:03}", "2026-01-15", 10) for n in range(200)))
    await desk.announce(*FEBRUARY)
    slices = desk.slices(await desk.markers())
    done = await asyncio.gather(*(desk.handler(slices) for _ in range(4)))
    assert sum(one.closed for one in done) == 200
    assert len(await expiries(desk)) == 200
    assert await desk.value("select sum(members) from close_progress where finished") == 200


async def test_missed_days_are_caught_up_in_their_order(desk: Desk) -> None:
    """One source skips two days; when it announces again, their days close first, each by its own markers."""
    await desk.handle(spent("a", "m-1", "2026-01-15", 10), spent("b", "m-1", "2026-02-15", 5))
    for day in ("2026-02-27", "2026-02-28", "2026-03-31"):
        await desk.announce(announcement(CARDS, day, day))
    await desk.announce(announcement(BRANCH, "2026-03-31", "2026-03-31"))
    await desk.handle(*await desk.markers())
    closed = await desk.rows("select business_date from day_close order by recorded_at, business_date")
    assert [str(row[0]) for row in closed] == ["2026-02-27", "2026-02-28", "2026-03-31"]
    assert await expiries(desk) == [("m-1", -10, date(2026, 3, 1)), ("m-1", -5, date(2026, 4, 1))]
    assert await desk.value("select count(*) from journal where topic like '%.events' and records <> ''") >= 12


async def test_a_day_is_not_closed_twice(desk: Desk) -> None:
    """Neither by a source that comes late, nor by one that says the same day again otherwise, nor by the operator."""
    await desk.close("2026-02-28")
    late = await desk.announce(announcement(CARDS, "2026-02-27", "2026-02-27"))
    again = await desk.announce(announcement(CARDS, "2026-03-02", "2026-03-02"))
    otherwise = await desk.announce(announcement(CARDS, "2026-03-02", "2026-03-03"))
    assert (late.dead_letters, again.dead_letters) == ({"day-already-closed": 1}, {})
    assert otherwise.dead_letters == {"day-already-closed": 1}
    forced = await desk.announce(announcement("urn:points-engine", "2026-02-20", "2026-02-28", "again"))
    assert forced.dead_letters == {"day-already-closed": 1}
    letters = await desk.rows("select * from dead_letter")
    assert {str(why_not(row)).partition(",")[0] for row in letters} == {"its id is used up"}
    assert await desk.value("select count(*) from day_close") == 1


async def test_only_the_engines_own_marker_closes_and_only_where_it_belongs(desk: Desk) -> None:
    """A forged one of a day that no close ordered; one of another partition; a bank's source; the calendar's lane."""
    await desk.handle(spent("a", "m-1", "2026-01-15", 10))
    await desk.announce(*FEBRUARY)
    markers = await desk.markers()
    forged = [one._replace(value=(one.value or b"").replace(b"2026-02-28", b"2026-03-28")) for one in markers[:1]]
    stray = [markers[0]._replace(partition=1)]
    bank = [markers[0]._replace(value=(markers[0].value or b"").replace(b"urn:points-engine", CARDS.encode()))]
    done = await desk.handle(*forged, *stray, *bank)
    assert done.dead_letters == {"unauthorised-source": 2, "wrong-partition": 1}
    assert (await desk.announce(markers[0])).dead_letters == {"wrong-topic": 1}
    assert await expiries(desk) == []


async def test_the_next_version_takes_over_for_every_member_at_its_eve(desk: Desk) -> None:
    """Registered after the members were decided, it falls due to each of them on the last day of the version before."""
    await desk.handle(*(spent(f"a-{n}", f"m-{n}", "2026-03-15", 10) for n in range(7)))
    await next_version(desk)
    assert (await desk.close("2026-03-30")).closed == 0
    assert (await desk.close("2026-03-31")).closed == 7
    assert (await desk.close("2026-04-01")).closed == 0


@pytest.mark.parametrize("earned", ["2026-03-15", "2026-02-15"])
async def test_a_takeover_locks_members_in_the_order_of_commands(desk: Desk, earned: str) -> None:
    """Three members lie in the heap in the reverse order of their ids.

    The takeover has to wait for the second one while commands of one flight concern the first and the last. What the
    first earned in February expires with March, so that it is due without the takeover.
    """
    one, two, three = of_partition(0)[:3]
    for member, day in ((three, "2026-03-15"), (two, "2026-03-15"), (one, earned)):
        await desk.handle(spent(f"a-{member}", member, day, 10))
    await next_version(desk)
    await desk.announce(*(announcement(source, "2026-03-31", "2026-03-31") for source in (CARDS, BRANCH)))
    markers = await desk.markers()
    async with locked(desk, two) as free:
        closing = asyncio.create_task(desk.handle(*markers))
        await waiting(desk, 1)
        async with desk.handler.ledger.pool.acquire() as commanding:
            asked = rows.joined(["corner", "corner"]), rows.joined([one, three])
            command = asyncio.create_task(commanding.fetch(statement("lock_members"), *asked))
            await waiting(desk, 2)
            await free()
            [found, done] = await asyncio.gather(command, closing)
    assert (len(found), done.closed) == (2, 3)


async def test_a_takeover_goes_on_chunk_by_chunk_while_others_are_at_members_it_has_not_come_to(desk: Desk) -> None:
    """Of seven members in one partition, chunks of three, the last one found is locked: six are closed meanwhile.

    What is killed then has kept its chunks, and whoever resumes closes the rest alone; a replay gives the same ledger.
    """
    ids = of_partition(0)[:7]
    await desk.handle(*(spent(f"a-{m}", m, "2026-03-15", 10) for m in ids))
    await next_version(desk)
    await desk.announce(*(announcement(source, "2026-03-31", "2026-03-31") for source in (CARDS, BRANCH)))
    slices = desk.slices([one for one in await desk.markers() if one.partition == 0])
    found = await desk.rows(statement("taken_over_members"), "corner", 0, date(2026, 3, 31), 7)
    last = found[-1]["member_id"]
    assert sorted(row["member_id"] for row in found) == sorted(ids)
    async with locked(desk, last) as free:
        killed = asyncio.create_task(desk.handler(slices))
        await waiting(desk, 1)
        closed = await desk.rows("select member_id from member where closed_through = '2026-03-31'")
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        await free()
    assert sorted(row["member_id"] for row in closed) == sorted(set(ids) - {last})
    done = await desk.handler(slices)
    assert done.closed == 1
    assert await desk.value("select count(*) from member where closed_through = '2026-03-31'") == 7
    assert await desk.value("select max(version) from member") == 2
    async with desk.handler.ledger.pool.acquire() as session, session.transaction():
        assert (await verified(session, PARTITIONS)).divergence is None


async def test_what_is_decided_behind_a_marker_knows_the_day_that_is_closed(desk: Desk) -> None:
    await desk.close("2026-02-28")
    await desk.handle(spent("a", "m-1", "2026-03-02", 1))
    closed = "select context::jsonb ->> 'closed' from journal where topic like '%.events' order by seq desc limit 1"
    assert await desk.value(closed) == '{"corner": "2026-02-28"}'
