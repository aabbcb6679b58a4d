"""Merchants and keys over HTTP: nothing of it by one person alone; a key is told once, works at once, and ends."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.engine.api.conftest import BANK, OTHER_BANK, Street
from tests.engine.staff.conftest import Office

pytestmark = pytest.mark.asyncio(loop_scope="module")
KIOSK = {"kind": "key", "role": "channel", "holder": "kiosk-1", "scopes": ["members:read"]}


async def approved(office: Office, change: dict[str, Any]) -> str:
    """The id of a proposal of li-wei's that chen-jie approved."""
    made: str = (await office.propose(change))["proposal_id"]
    told = await office.decide(made, "approve", by="chen-jie")
    assert told.status_code == 200, told.text
    return made


async def take(office: Office, proposal_id: str, by: str = "li-wei") -> httpx.Response:
    body = {"proposal_id": proposal_id}
    return await (await office.as_("operator", by)).post("/v1/keys", json=body, headers=office.street.key())


def refused(told: httpx.Response, status: int, kind: str) -> bool:
    return (told.status_code, told.json()["type"]) == (status, f"/problems/{kind}")


async def test_a_shop_is_registered_when_another_approves_it(office: Office, street: Street) -> None:
    """Until then the bank has none such; and one that it has is neither moved nor registered again."""
    shop = {"kind": "merchant-registration", "merchant": "bakery-1", "network": "food", "region": "north"}
    look = "select network, region, status from merchant where merchant = 'bakery-1'"
    made, rival = await office.propose(shop), await office.propose(shop | {"network": "car"})
    assert await street.owner.fetch(look) == []
    first, second = await asyncio.gather(
        office.decide(made["proposal_id"], "approve", by="chen-jie"),
        office.decide(rival["proposal_id"], "approve", by="wang-fang"),
    )
    done, late = (first, second) if first.status_code == 200 else (second, first)
    assert (done.status_code, done.json()["state"]) == (200, "carried-out")
    assert refused(late, 409, "merchant-known")
    network = done.json()["change"]["network"]
    assert [tuple(row) for row in await street.owner.fetch(look)] == [(network, "north", "active")]
    assert await street.owner.fetchval("select count(*) from network where network = 'food'") == (network == "food")
    operator = await office.as_("operator", "li-wei")
    again = await operator.post("/v1/proposals", json={"change": shop, "reason": "new-shop"}, headers=street.key())
    assert refused(again, 409, "merchant-known")
    assert (await office.trail("merchant/bakery-1"))[-1][:2] == (done.json()["decided_by"], "proposal-carried-out")


async def test_a_key_is_taken_by_its_maker_when_another_approved_it_and_told_once(
    office: Office, street: Street
) -> None:
    """The key works; asked for again under the same Idempotency-Key it is described and not told."""
    wanted = {"kind": "key", "role": "merchant", "holder": "wash-1", "scopes": ["redemptions:read"], "days": 30}
    made = await approved(office, wanted)
    assert (await office.shown(made))["state"] == "approved"
    operator, body, key = await office.as_("operator", "li-wei"), {"proposal_id": made}, street.key()
    first = await operator.post("/v1/keys", json=body, headers=key)
    again = await operator.post("/v1/keys", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201), first.text
    told = first.json()
    token = told.pop("token")
    assert again.json() == told
    assert (told["role"], told["holder"], told["scopes"]) == ("merchant", "wash-1", ["redemptions:read"])
    lives = "select extract(day from expires_at - recorded_at) from api_key where key_id = $1"
    assert await street.owner.fetchval(lives, told["key_id"]) == 30
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await operator.get("/v1/redemptions/r-1", headers=bearer)).status_code == 404
    assert refused(await operator.get("/v1/settlements", headers=bearer), 403, "scope-missing")
    assert refused(await take(office, made), 409, "proposal-decided")
    done = await office.shown(made)
    assert (done["state"], done["result"]) == ("carried-out", {"key_id": told["key_id"]})
    kept = str(await street.owner.fetch("select * from api_answer, audit_trail, api_key, staff_request, proposal"))
    assert token.split("_", 2)[2] not in kept
    assert token not in street.said()
    [entry] = await office.trail(f"key/{told['key_id']}")
    assert entry[:3] == ("li-wei", "key-made", None)
    assert entry[3]["expires_at"][:10] == told["expires_at"][:10]
    assert [one[:2] for one in await office.trail("merchant/wash-1")] == [
        ("li-wei", "proposal-made"), ("chen-jie", "proposal-approved"), ("li-wei", "proposal-carried-out"),
    ]  # fmt: skip


async def test_nobody_alone_comes_by_a_key(office: Office, street: Street) -> None:
    """Not unapproved, not approved by oneself, not who did not propose it, not of another kind, not when it expired."""
    count = "select count(*) from api_key where holder = 'kiosk-1'"
    made = (await office.propose(KIOSK))["proposal_id"]
    assert refused(await take(office, made), 403, "four-eyes")
    assert refused(await office.decide(made, "approve", by="li-wei"), 403, "four-eyes")
    assert (await office.decide(made, "approve", by="chen-jie")).json()["state"] == "approved"
    assert refused(await take(office, made, by="sun-lei"), 403, "not-allowed")
    foreign = await office.as_("operator", "li-wei", OTHER_BANK)
    told = await foreign.post("/v1/keys", json={"proposal_id": made}, headers=street.key())
    assert refused(told, 404, "not-found")
    standing = {"kind": "merchant", "merchant": "wash-1", "status": "active"}
    assert refused(await take(office, await approved(office, standing)), 404, "not-found")
    await asyncio.sleep(0.7)
    assert (await office.shown(made))["state"] == "approved"
    assert "Traceback" not in street.said()
    await street.owner.execute(
        "update proposal set proposed_at = proposed_at - interval '7 days', expires_at = now() where proposal_id = $1",
        made,
    )
    assert refused(await take(office, made), 409, "proposal-decided")
    assert (await office.shown(made))["state"] == "expired"
    assert await street.owner.fetchval(count) == 0
    both = await approved(office, KIOSK)
    told_both = await asyncio.gather(take(office, both), take(office, both))
    assert sorted(one.status_code for one in told_both) == [201, 409]
    assert await street.owner.fetchval(count) == 1


async def test_a_key_ends_at_once_or_after_a_grace(office: Office, street: Street) -> None:
    """At no grace within the two seconds for which a process remembers keys; with one it works on."""
    change = KIOSK | {"holder": "kiosk-2"}
    old, new = [(await take(office, await approved(office, change))).json() for _ in range(2)]
    operator = await office.as_("operator", "li-wei")
    graced = await operator.post(f"/v1/keys/{old['key_id']}/revoke", json={"grace_hours": 1}, headers=street.key())
    assert graced.json().keys() >= {"expires_at"}
    assert "revoked_at" not in graced.json()
    ended = await operator.post(f"/v1/keys/{new['key_id']}/revoke", json={}, headers=street.key())
    assert ended.json()["revoked_at"]
    dead = await operator.get("/v1/members/m-none", headers={"Authorization": f"Bearer {new['token']}"})
    live = await operator.get("/v1/members/m-none", headers={"Authorization": f"Bearer {old['token']}"})
    assert (dead.status_code, live.status_code) == (401, 404)
    items = (await (await office.as_("auditor", "zhou-min")).get("/v1/keys")).json()["items"]
    assert [one["key_id"] for one in items if one["holder"] == "kiosk-2"] == [new["key_id"], old["key_id"]]
    _, entry = await office.trail(f"key/{old['key_id']}")
    assert (entry[1], entry[2]) == ("key-ended", {"expires_at": None, "revoked_at": None})


async def test_who_may_what(office: Office, street: Street) -> None:
    """No key of a person, of another bank's key nothing, of a shop that there is not none, and no scope unheard of."""
    operator, stranger = await office.as_("operator", "li-wei"), await office.as_("operator", "li-wei", OTHER_BANK)
    for change, status in (
        ({"role": "approver", "holder": "li-wei"}, 422),
        ({"role": "merchant", "holder": "nobody-1"}, 404),
        ({"role": "channel", "holder": "kiosk-2", "scopes": ["members:everything"]}, 422),
    ):
        body = {"change": {"kind": "key"} | change, "reason": "new-key"}
        told = await operator.post("/v1/proposals", json=body, headers=street.key())
        assert told.status_code == status, told.text
    own = (await street.token("approver", "chen-jie", BANK)).split("_")[1]
    theirs = await operator.post(f"/v1/keys/{own}/revoke", json={}, headers=street.key())
    assert refused(theirs, 403, "not-allowed")
    foreign = await stranger.post(f"/v1/keys/{own}/revoke", json={}, headers=street.key())
    assert foreign.status_code == 404
    assert "wash-1" not in (await stranger.get("/v1/merchants")).text
    looks_on = await office.as_("auditor", "zhou-min")
    assert "wash-1" in (await looks_on.get("/v1/merchants")).text
    assert (await looks_on.post("/v1/keys", json={}, headers=street.key())).status_code in (403, 422)


async def test_a_key_that_nobody_took_yet_may_be_thought_better_of(office: Office, street: Street) -> None:
    """Its maker withdraws it, another rejects it, also who approved it: then it is taken no more. Taken it stays."""
    wanted = KIOSK | {"holder": "kiosk-9"}
    for verb, person in (("withdraw", "li-wei"), ("reject", "wang-fang"), ("reject", "chen-jie")):
        made = await approved(office, wanted)
        told = await office.decide(made, verb, by=person, reason="not-our-fault")
        assert (told.status_code, told.json()["state"]) == (200, f"{verb}n" if verb == "withdraw" else "rejected")
        assert (told.json()["approved_by"], told.json()["decided_by"]) == (["chen-jie"], person)
        assert refused(await take(office, made), 409, "proposal-decided")
        last = (await office.trail("channel/kiosk-9"))[-1]
        assert (last[0], last[2]["state"], last[3]["state"]) == (person, "approved", told.json()["state"])
    count = "select count(*) from api_key where holder = 'kiosk-9'"
    assert await street.owner.fetchval(count) == 0
    made = await approved(office, wanted)
    assert refused(await office.decide(made, "withdraw", by="sun-lei", reason="spite"), 403, "not-allowed")
    assert refused(await office.decide(made, "reject", by="li-wei", reason="doubt"), 403, "four-eyes")
    raced = await asyncio.gather(take(office, made), office.decide(made, "withdraw", by="li-wei", reason="doubt"))
    assert sorted(one.status_code for one in raced) in ([200, 409], [201, 409])
    assert await street.owner.fetchval(count) == (raced[0].status_code == 201)
    standing = await approved(office, {"kind": "merchant", "merchant": "wash-1", "status": "active"})
    assert refused(await office.decide(standing, "withdraw", by="li-wei", reason="doubt"), 409, "proposal-decided")


async def test_two_people_say_how_many_redemptions_a_merchant_may_begin(office: Office, street: Street) -> None:
    """What is left out has no limit; the list shows what holds."""
    for change in ({"per_hour": 60, "per_day": 300}, {"per_hour": 20}):
        made = await office.propose({"kind": "merchant-pace", "merchant": "wash-1"} | change)
        assert (await office.decide(made["proposal_id"], "approve", by="chen-jie")).json()["state"] == "carried-out"
        items = (await (await office.as_("auditor", "zhou-min")).get("/v1/merchants")).json()["items"]
        [shop] = [one for one in items if one["merchant"] == "wash-1"]
        assert {name: one for name, one in shop.items() if name.startswith("per_")} == change
    body = {"change": {"kind": "merchant-pace", "merchant": "wash-9", "per_day": 1}, "reason": "goodwill"}
    told = await (await office.as_("operator", "li-wei")).post("/v1/proposals", json=body, headers=street.key())
    assert told.status_code == 404
