"""What a bank has stopped is refused whichever way it is asked for, and deciding the journal again refuses the same."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from engine.evidence.verify import Asked, verified
from engine.store.sql import statement
from tests.chaos.house import PARTITIONS
from tests.chaos.traffic import Sent, event, purchase, sent
from tests.conftest import MASTERS
from tests.engine.store.conftest import Desk
from tests.engine.store.test_redemptions import BALANCE, NOON, asked
from tests.engine.store.test_uploads import Counter, banks, counter, upload

__all__ = ["banks", "counter"]

MOVED = "select merchant_ref, state from redemption order by member_version, merchant_ref"
WASH: dict[str, Any] = {"network": "car", "benefit": "wash", "amount_minor": 900, "currency": "CNY"}
WAITS = "select true from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
LATER = NOON + timedelta(minutes=9)


async def change(desk: Desk, name: str, kind: str, of: str, *more: str) -> None:
    assert await desk.value(statement(name), "corner", kind, of, "ops-3", *more) is not None
    await desk.owner.execute(statement("raise_revision"))


async def stop(desk: Desk, kind: str, name: str = "") -> None:
    await change(desk, "add_stop", kind, name, "it looks like fraud")


async def resume(desk: Desk, kind: str, name: str = "") -> None:
    await change(desk, "end_stop", kind, name)


async def stand(desk: Desk, status: str) -> None:
    """By the one statement that the API and the command line have for it."""
    assert await desk.value(statement("change_merchant_status"), "corner", "shop-1", status) is not None


async def refused(desk: Desk) -> list[str]:
    return [row["reason"] for row in await desk.rows("select reason from refusal order by member_version")]


def exchange(id_: str, kind: str, **told: Any) -> Sent:
    return sent(event(f"benefit.{kind}-requested.v1", id_, "m-1", LATER, told))


@pytest.mark.parametrize(
    ("kind", "name", "barred"),
    [("everything", "", "pwu"), ("merchant", "shop-1", "pw"), ("network", "car", "w"), ("benefit", "wash", "w"),
     ("benefit", "ride", "u"), ("network", "taxi", "u"), ("merchant", "shop-2", "")],
)  # fmt: skip
async def test_what_is_stopped_is_not_begun_and_all_else_is(
    counter: Counter, desk: Desk, *, kind: str, name: str, barred: str
) -> None:
    """Points and a wash at shop-1, and units of a ride bought with points: what the stop is of is barred, no more."""
    await stop(desk, kind, name)
    await desk.handle(asked("p", "requested", 1, "p", network="food", points=10))
    await desk.handle(asked("w", "requested", 2, "w", **WASH))
    await desk.handle(exchange("u", "purchase", benefit="ride"))
    assert await refused(desk) == ["suspended"] * len(barred)
    done = {row["merchant_ref"] for row in await desk.rows(MOVED)}
    done |= {"u" for _ in await desk.rows("select from benefit_grant where benefit_id = 'ride'")}
    assert done == set("pwu") - set(barred)


@pytest.mark.parametrize("by", ["stopped", "suspended"])
async def test_what_was_begun_goes_on_and_what_is_resumed_begins_again(counter: Counter, desk: Desk, by: str) -> None:
    """100 points: 40 held before the stop, 30 of them captured during it, 10 given back; 20 more after it: 60 are left.

    During the stop nothing begins, by a command or by an upload; whoever asks for the same once more hears the same.
    """
    await desk.owner.execute(statement("add_merchant"), "corner", "shop-1", "food", None, False)
    await desk.handle(asked("h", "hold-requested", 1, "r1", network="food", points=40))
    await (stop(desk, "merchant", "shop-1") if by == "stopped" else stand(desk, "suspended"))
    await desk.handle(asked("r", "requested", 2, "r2", network="food", points=20))
    await counter.take(upload("u-1", ask="redeem", merchant_ref="r3", member="m-1", network="food", points=20))
    await desk.handle(*await desk.markers())
    assert await refused(desk) == ["suspended"] * 2
    await desk.handle(asked("again", "hold-requested", 1, "r1", network="food", points=40))
    await desk.handle(asked("c", "capture-requested", 3, "r1", points=30))
    await desk.handle(asked("b", "reversal-requested", 4, "r1", points=10))
    assert tuple((await desk.rows(BALANCE))[0]) == (80, 0, 0, 0)
    await (resume(desk, "merchant", "shop-1") if by == "stopped" else stand(desk, "active"))
    await desk.handle(asked("r-again", "requested", 5, "r2", network="food", points=20))
    assert tuple((await desk.rows(BALANCE))[0]) == (60, 0, 0, 0)
    assert [one["refusal"] for one in await counter.told() if one["state"] == "refused"] == ["suspended"] * 2
    kept = [row[0] for row in await desk.rows("select context from journal where context like '%stops%' order by seq")]
    assert len(kept) == 3, "what began, or would have; the steps of what was begun hang on no stop"
    assert all('"stops":{"corner":[["merchant","shop-1"]]}' in one for one in kept)
    await replays(desk)


async def test_what_is_stopped_while_a_batch_waits_for_its_lane_begins_nothing(counter: Counter, desk: Desk) -> None:
    """Another worker, which is about to lose the lane, has it locked; the stop is committed before it ends."""
    slices = desk.slices([asked("r", "requested", 1, "r1", network="food", points=20)])
    async with desk.handler.ledger.pool.acquire() as other, other.transaction():
        await other.execute("select from lane where topic = $1 and partition = $2 for update", *slices[0].lane[:2])
        batch = asyncio.create_task(desk.handler(slices))
        while not await desk.value(WAITS):  # noqa: ASYNC110  # the database tells nobody who waits
            await asyncio.sleep(0.01)
        await stop(desk, "everything")
    await batch
    assert await refused(desk) == ["suspended"]
    await replays(desk)


async def test_of_all_who_are_suspended_a_slice_keeps_those_whom_it_names(counter: Counter, desk: Desk) -> None:
    """A thousand shops are suspended, shop-1 and, by its network, shop-2 among them; a purchase names none of them.

    The member merges into m-2 while its request is on the way: what is passed on names the shop all the same.
    """
    await desk.owner.execute("insert into network (bank, network) values ('corner', 'food')")
    await desk.owner.execute("insert into network (bank, network, status) values ('corner', 'old', 'suspended')")
    await desk.owner.execute(
        "insert into merchant (bank, merchant, network, status) "
        "select 'corner', 'shop-' || n, case when n = 2 then 'old' else 'food' end, "
        "case when n = 2 then 'active' else 'suspended' end from generate_series(1, 1000) n"
    )
    await desk.owner.execute(statement("raise_revision"))
    await desk.handle(asked("r", "requested", 1, "r1", network="food", points=20))
    await desk.handle(sent(purchase("b", "m-1", NOON, minor=100)))
    await desk.handle(asked("s", "requested", 2, "r2", network="food", points=20, merchant="shop-2"))
    await desk.handle(sent(event("member.enrolled.v1", "join-2", "m-2", NOON, {})))
    await desk.handle(sent(event("member.merged.v1", "merge", "m-1", LATER, {"into": "m-2"})))
    await desk.handle(*await desk.markers())
    await desk.handle(asked("t", "requested", 3, "r3", network="food", points=20))
    await desk.handle(*await desk.markers())
    assert await refused(desk) == ["suspended"] * 3
    kept = [row[0] for row in await desk.rows("select context from journal where context like '%stops%' order by seq")]
    named = ['"stops":{"corner":[["merchant","shop-%d"]]}' % n for n in (1, 2, 1, 1)]  # noqa: UP031
    assert [name for one, name in zip(kept, named, strict=True) if name in one] == named
    await replays(desk)


async def replays(desk: Desk) -> None:
    async with desk.handler.ledger.pool.acquire() as session, session.transaction():
        assert (await verified(session, PARTITIONS, Asked(masters=MASTERS))).divergence is None


async def test_a_stop_of_a_network_is_of_each_of_its_merchants(counter: Counter, desk: Desk) -> None:
    """Whatever network a file says: shop-1 is registered in the network that is stopped and names another one."""
    await desk.owner.execute(statement("add_merchant"), "corner", "shop-1", "hair", None, False)
    await stop(desk, "network", "hair")
    await counter.take(upload("u-1", ask="redeem", merchant_ref="r1", member="m-1", network="food", points=20))
    await desk.handle(*await desk.markers())
    assert [one["refusal"] for one in await counter.told()] == ["suspended"]


async def test_journals_without_a_stop_say_nothing_of_stops(counter: Counter, desk: Desk) -> None:
    await desk.handle(asked("r", "requested", 2, "r2", network="food", points=20))
    assert await desk.value("select count(*) from journal where context like '%stops%'") == 0
