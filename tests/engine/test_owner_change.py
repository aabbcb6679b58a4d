"""An account that changes its owner, on a real ledger: what the engine says to the new one is an event it decides."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.chaos.traffic import BEGINS, event, sent
from tests.corner import corner_bank
from tests.engine.store.conftest import Desk, desk, migrated, owner

__all__ = ["desk", "migrated", "owner"]
ACCOUNT = {"account": "acc-1", "product": "demand"}
DAY = timedelta(days=1)


@pytest.fixture
def banks(tmp_path: Path) -> Path:
    return corner_bank(
        tmp_path,
        "program: averages\nsemantics: 1\nversion: 2026-01-01\ntime_zone: UTC\ncurrency: CNY\n"
        "points: {reward: {spendable: true}}\n"
        "metrics: {month: {average_daily_balance: {products: [demand]}, over: calendar-month}}\n",
    )


async def test_the_new_owner_has_the_balance_from_that_day_on(desk: Desk) -> None:
    told = {**ACCOUNT, "balance_minor": 100_000, "currency": "CNY"}
    await desk.handle(sent(event("deposit.balance-changed.v1", "b-1", "m-00001", BEGINS, told)))
    change = event("account.owner-changed.v1", "o-1", "m-00001", BEGINS + 9 * DAY, {**ACCOUNT, "new_owner": "m-00002"})
    await desk.handle(sent(change))
    [said] = await desk.markers()
    assert said.key == b"corner/m-00002"
    done = await desk.handle(said)
    assert not done.dead_letters
    states = {
        row["member_id"]: json.loads(row["state"]) for row in await desk.rows("select member_id, state from member")
    }
    first, tenth = BEGINS.date().toordinal(), (BEGINS + 9 * DAY).date().toordinal()
    assert {id_: state["segments"] for id_, state in states.items()} == {
        "m-00001": {"acc-1": {"demand": [[first, 100_000, 0], [tenth, 0, 0]]}},
        "m-00002": {"acc-1": {"demand": [[tenth, 100_000, 0]]}},
    }


async def test_nobody_else_may_say_so_in_the_engines_name(desk: Desk) -> None:
    """A bank's source speaks for itself alone: what it says of the new owner is its own word, not the engine's."""
    told = {**ACCOUNT, "new_owner": "m-00002", "balance_minor": 5, "currency": "CNY"}
    change = event("account.owner-changed.v1", "o-1", "m-00002", BEGINS, told)
    done = await desk.handle(sent({**change, "source": "urn:points-engines"}))
    assert done.dead_letters == {"unauthorised-source": 1}
