"""API commands among events: the journal decided again gives the ledger (issue 5 f), and the sweeper's with them."""

import asyncio
import time
from datetime import timedelta

from engine.store.sql import statement
from tests.chaos.traffic import event, sent
from tests.engine.api.conftest import Street

GAPS = """
    select count(*) from journal j
    where topic = 'loyalty.api' and asked <> coalesce((
        select max(b.next) from journal b
        where b.topic = j.topic and b.partition = j.partition and b.seq < j.seq), 0)"""

WAITING = "select count(*) from pg_locks where not granted"


async def use(street: Street, name: str, ref: str) -> None:
    """15 points are held, and in the first two rounds 7 of them captured."""
    shop = await street.client()
    asked = {"merchant_ref": ref, "code": await street.code(name), "points": 15}
    held = await shop.post("/v1/redemptions", json=asked, headers=street.key())
    if held.status_code == 201 and not ref.endswith("2"):
        await shop.post(f"/v1/redemptions/{ref}/capture", json={"points": 7}, headers=street.key())


async def test_commands_between_events_and_closes_are_replayed(street: Street) -> None:
    """Twelve members have 0, 20 … 220 points and redeem at once, thrice; a day closes in between."""
    names = [f"m-{number}" for number in range(12)]
    for number, name in enumerate(names):
        await street.member(name, 20 * number)
    for round_ in range(3):
        await asyncio.gather(*(use(street, name, f"{name}-{round_}") for name in names))
        if round_ == 1:
            await street.desk.close(f"{street.at - timedelta(days=1):%Y-%m-%d}")
    lanes = await street.owner.fetchval("select count(distinct partition) from journal where topic = 'loyalty.api'")
    assert lanes > 3
    assert await street.owner.fetchval("select count(*) from refusal where reason = 'not-enough-points'") >= 3
    assert await street.owner.fetchval("select count(*) from redemption") > 40
    assert await street.verdict() is None
    assert await street.owner.fetchval(GAPS) == 0


async def test_a_hold_lapses_by_the_sweeper(closed_street: Street) -> None:
    """Held by an event of ten minutes ago, for five: its points are free again though nobody asks; replay agrees."""
    street = closed_street
    await street.serve(api_sweep_s=0.3)
    await street.member("m-1", 100)
    about = {"merchant": "wash-1", "merchant_ref": "r-1", "network": "car", "points": 40, "hold_minutes": 5}
    held = event("redemption.hold-requested.v1", "h-1", "m-1", street.at + timedelta(seconds=1), about)
    await street.desk.handle(sent(held))
    until = time.monotonic() + 20
    while await street.balance("m-1") != (100, 0) and time.monotonic() < until:  # noqa: ASYNC110  # another process
        await asyncio.sleep(0.1)
    assert await street.balance("m-1") == (100, 0)
    states = await street.owner.fetch("select state from redemption order by member_version")
    assert [row["state"] for row in states] == ["held", "lapsed"]
    assert await street.verdict() is None


async def test_no_message_waits_while_the_sweeper_asks(closed_street: Street) -> None:
    """The member is locked, so the sweeper waits at the door: with no transaction open, and no other sweeps."""
    street = closed_street
    await street.member("m-1", 100)
    about = {"merchant": "wash-1", "merchant_ref": "r-1", "network": "car", "points": 40, "hold_minutes": 5}
    await street.desk.handle(sent(event("redemption.hold-requested.v1", "h-1", "m-1", street.at, about)))
    sweeping = "select state, backend_xid from pg_stat_activity where query = $1"
    async with street.owner.transaction():
        await street.owner.execute("select from member where member_id = 'm-1' for update")
        await street.serve(api_sweep_s=0.3)
        until = time.monotonic() + 20
        while not await street.owner.fetchval(WAITING) and time.monotonic() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        found = await street.owner.fetch(sweeping, statement("lapsed_holds"))
        assert [tuple(row) for row in found] == [("idle", None)]
        assert await street.pool.fetch(statement("begin_sweep")) == []
    while await street.balance("m-1") != (100, 0) and time.monotonic() < until:  # noqa: ASYNC110  # another process
        await asyncio.sleep(0.1)
    assert await street.balance("m-1") == (100, 0)
