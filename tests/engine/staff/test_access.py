"""Merchants and keys over HTTP: a key is told once, works at once, and ends; people's keys are not made here."""

import pytest

from tests.engine.api.conftest import BANK, OTHER_BANK, Street
from tests.engine.staff.conftest import Office

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_shop_is_registered_and_its_key_is_told_once(office: Office, street: Street) -> None:
    """The key works; asked for again under the same Idempotency-Key it is described and not told."""
    operator = await office.as_("operator", "li-wei")
    shop = {"merchant": "bakery-1", "network": "food", "region": "north"}
    made = await operator.post("/v1/merchants", json=shop, headers=street.key())
    assert (made.status_code, made.json()["status"]) == (201, "active")
    other = await operator.post("/v1/merchants", json=shop | {"network": "car"}, headers=street.key())
    assert (other.status_code, other.json()["type"]) == (422, "/problems/invalid-request")
    wanted, key = {"role": "merchant", "holder": "bakery-1", "scopes": ["redemptions:read"], "days": 30}, street.key()
    first = await operator.post("/v1/keys", json=wanted, headers=key)
    again = await operator.post("/v1/keys", json=wanted, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    told = first.json()
    token = told.pop("token")
    assert again.json() == told
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await operator.get("/v1/redemptions/r-1", headers=bearer)).status_code == 404
    refused = await operator.get("/v1/settlements", headers=bearer)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/scope-missing")
    kept = str(await street.owner.fetch("select * from api_answer, audit_trail, api_key, staff_request"))
    assert token.rpartition("_")[2] not in kept
    assert token not in street.said()
    assert [one[:2] for one in await office.trail(f"key/{told['key_id']}")] == [("li-wei", "key-made")]


async def test_a_key_is_rotated_and_revoked(office: Office, street: Street) -> None:
    """At no grace the old one ends at once, within the two seconds for which a process remembers keys."""
    operator = await office.as_("operator", "li-wei")
    wanted = {"role": "channel", "holder": "kiosk-1", "scopes": ["members:read"]}
    old = (await operator.post("/v1/keys", json=wanted, headers=street.key())).json()
    at = f"/v1/keys/{old['key_id']}"
    new = (await operator.post(f"{at}/rotate", json={"grace_hours": 0}, headers=street.key())).json()
    assert (new["role"], new["holder"], new["scopes"]) == ("channel", "kiosk-1", ["members:read"])
    assert new["key_id"] != old["key_id"]
    dead = await operator.get("/v1/members/m-none", headers={"Authorization": f"Bearer {old['token']}"})
    live = await operator.get("/v1/members/m-none", headers={"Authorization": f"Bearer {new['token']}"})
    assert (dead.status_code, live.status_code) == (401, 404)
    ended = await operator.post(f"/v1/keys/{new['key_id']}/revoke", json={}, headers=street.key())
    assert ended.json()["revoked_at"]
    items = (await (await office.as_("auditor", "zhou-min")).get("/v1/keys")).json()["items"]
    assert [one["key_id"] for one in items if one["role"] == "channel"] == [new["key_id"], old["key_id"]]


async def test_who_may_what(office: Office, street: Street) -> None:
    """No key of a person, of another bank's key nothing, of a shop that there is not none, and no scope unheard of."""
    operator, stranger = await office.as_("operator", "li-wei"), await office.as_("operator", "li-wei", OTHER_BANK)
    for body, status in (
        ({"role": "approver", "holder": "li-wei"}, 422),
        ({"role": "merchant", "holder": "nobody-1"}, 404),
        ({"role": "channel", "holder": "kiosk-2", "scopes": ["members:everything"]}, 422),
    ):
        told = await operator.post("/v1/keys", json=body, headers=street.key())
        assert told.status_code == status, told.text
    own = (await street.token("approver", "chen-jie", BANK)).split("_")[1]
    theirs = await operator.post(f"/v1/keys/{own}/revoke", json={}, headers=street.key())
    assert (theirs.status_code, theirs.json()["type"]) == (403, "/problems/not-allowed")
    foreign = await stranger.post(f"/v1/keys/{own}/revoke", json={}, headers=street.key())
    assert foreign.status_code == 404
    assert "bakery-1" not in (await stranger.get("/v1/merchants")).text
    assert (await (await office.as_("auditor", "zhou-min")).get("/v1/merchants")).status_code == 200
    looks_on = await office.as_("auditor", "zhou-min")
    assert (await looks_on.post("/v1/keys", json={}, headers=street.key())).status_code in (403, 422)


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
