"""What customers want to be told, and the signals that managers see to, over HTTP."""

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from tests.chaos.traffic import event, purchase, sent
from tests.engine.api.conftest import Street
from tests.engine.channels.test_members import app, m, month_ends_after, of

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_a_customer_wants_to_be_told(street: Street, m: str) -> None:
    """What was earned 340 days ago expires at the end of its month a year on, in 25 days or some more, 56 at most."""
    await street.member(m)
    earned = street.at - timedelta(days=340)
    await street.desk.handle(sent(purchase(f"old-{m}", m, earned, minor=12_000)))
    client = await app(street)
    nothing = {"balance_changed": False, "tier_will_change": False}
    assert (await client.get(of(m, "/notifications"))).json() == {"preferences": nothing, "notices": []}
    ends = month_ends_after(earned.date())
    last = date.fromordinal(ends.toordinal() - 1)
    expected = {"kind": "points-expiring", "point_type": "reward", "points": 120, "on": str(ends),
                "text": f"120 Points expire; the first of them are good through {last}."}  # fmt: skip
    for days, notices in ((5, []), (60, [expected])):
        chosen = {"balance_changed": True, "expiring_days": days, "tier_will_change": True}
        assert (await client.put(of(m, "/notifications"), json=chosen)).json() == chosen
        assert (await client.get(of(m, "/notifications"))).json() == {"preferences": chosen, "notices": notices}
    assert (
        await street.owner.fetchval("select chosen_via from notification_preference where member_id = $1", m)
        == "channel/mobile-bank"
    )


async def test_a_manager_sees_to_signals(street: Street, m: str) -> None:
    """480 of 500 growth are in reach of core; the signal is snoozed, done, and open again."""
    await street.desk.handle(
        sent(event("member.enrolled.v1", f"j-1-{m}", m, street.at, {"manager": "mgr-7", "deputy": "mgr-8"})),
        sent(purchase(f"b-1-{m}", m, street.at, minor=48_000)),
    )
    client = await app(street)

    async def listed(state: str = "open", manager: str = "mgr-7") -> list[Any]:
        got = await client.get("/v1/signals", params={"manager": manager, "state": state})
        assert got.status_code == 200, got.text
        items: list[Any] = got.json()["items"]
        return items

    (one,) = await listed()
    assert (one["member_id"], one["signal"], one["state"], one["deputy"]) == (m, "close-to-core", "open", "mgr-8")
    assert [s["signal_id"] for s in await listed(manager="mgr-8")] == [one["signal_id"]]
    assert await listed(manager="mgr-9") == []
    put = f"/v1/signals/{one['signal_id']}"
    later = str(street.at.date() + timedelta(days=2))
    assert (await client.put(put, json={"state": "snoozed", "until": later, "person": "mgr-7"})).status_code == 204
    assert await listed() == []
    assert [(s["person"], s["until"]) for s in await listed("snoozed")] == [("mgr-7", later)]
    today = str(street.at.date() - timedelta(days=1))
    assert (await client.put(put, json={"state": "snoozed", "until": today, "person": "mgr-7"})).status_code == 204
    assert [s["state"] for s in await listed()] == ["open"]
    assert (await client.put(put, json={"state": "done", "person": "mgr-8"})).status_code == 204
    assert (await listed(), await listed("snoozed")) == ([], [])
    assert [(s["person"], s["signal_id"]) for s in await listed("done")] == [("mgr-8", one["signal_id"])]
    did = await street.owner.fetch("select person, state, via from signal_work order by work_number")
    assert [tuple(row) for row in did] == [
        ("mgr-7", "snoozed", "channel/mobile-bank"), ("mgr-7", "snoozed", "channel/mobile-bank"),
        ("mgr-8", "done", "channel/mobile-bank"),
    ]  # fmt: skip
    with pytest.raises(asyncpg.RestrictViolationError):
        await street.owner.execute("delete from signal_work")


@pytest.mark.parametrize("body", [{"state": "snoozed"}, {"state": "done", "until": "2030-01-01"}, {"state": "gone"}])
async def test_work_on_a_signal_is_of_one_form(street: Street, body: dict[str, str]) -> None:
    nobodys = "/v1/signals/00000000-0000-0000-0000-000000000000"
    client = await app(street)
    assert (await client.put(nobodys, json={"state": "done", "person": "mgr-7"})).status_code == 404
    assert (await client.put(nobodys, json={**body, "person": "mgr-7"})).status_code == 422


async def test_signals_come_page_by_page(street: Street, m: str) -> None:
    """Five customers, each close to core, two a page."""
    for n in range(5):
        await street.desk.handle(
            sent(event("member.enrolled.v1", f"j-{n}-{m}", f"{m}-{n}", street.at, {"manager": f"mgr-{m}"})),
            sent(purchase(f"b-{n}-{m}", f"{m}-{n}", street.at, minor=48_000)),
        )
    client = await app(street)
    found: list[str] = []
    more: dict[str, str] = {}
    for expected in (2, 2, 1):
        page = (await client.get("/v1/signals", params={"manager": f"mgr-{m}", "limit": "2", **more})).json()
        assert len(page["items"]) == expected
        found += [one["member_id"] for one in page["items"]]
        more = {"cursor": page["next"]} if "next" in page else {}
    assert (sorted(found), more) == ([f"{m}-{n}" for n in range(5)], {})


__all__ = ["m"]
