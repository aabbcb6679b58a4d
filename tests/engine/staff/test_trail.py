"""The audit trail: who did what at the API and at the command line, with what stood there before and after."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.api.conftest import BANK, OTHER_BANK
from tests.engine.api.test_commands import points
from tests.engine.staff.conftest import Office, adjustment

pytestmark = pytest.mark.asyncio(loop_scope="module")

REQUEST = "6b0e6f0c-5b1e-4a3c-9d3f-0a1b2c3d4e5f"


async def listed(office: Office, **params: str) -> list[dict[str, Any]]:
    auditor = await office.as_("auditor", "zhou-min")
    told = await auditor.get("/v1/audit-trail", params=params)
    assert told.status_code == 200, told.text
    items: list[dict[str, Any]] = told.json()["items"]
    return items


async def test_the_auditor_sees_who_did_what_by_which_key_and_request(office: Office) -> None:
    await office.street.member("m-1", 100)
    made = await office.propose(adjustment("m-1", 5))
    key_id = (await office.street.token("approver", "chen-jie")).split("_")[1]
    approver = await office.as_("approver", "chen-jie")
    headers = office.street.key() | {"X-Request-Id": REQUEST}
    at = f"/v1/proposals/{made['proposal_id']}/approve"
    assert (await approver.post(at, json={}, headers=headers)).status_code == 200
    done, approved, proposed = await listed(office, subject="member/m-1")
    assert (done["action"], done["person"], done["key_id"]) == ("proposal-carried-out", "chen-jie", key_id)
    assert {one["request_id"] for one in (done, approved)} == {REQUEST}
    assert (done["before"], done["after"]["state"]) == ({"state": "approved"}, "carried-out")
    assert proposed["after"]["change"] == adjustment("m-1", 5)
    assert proposed["number"] < approved["number"] < done["number"]
    assert [one["action"] for one in await listed(office, person="li-wei")] == ["proposal-made"]
    assert len(await listed(office, action="proposal-approved", subject="member/m-1")) == 1


async def test_it_is_told_page_by_page_to_those_who_may_see_it(office: Office) -> None:
    await office.street.member("m-2", 100)
    for number in range(5):
        await office.propose(adjustment("m-2", number + 1))
    auditor = await office.as_("auditor", "zhou-min")
    numbers, params = [], {"subject": "member/m-2", "limit": "2"}
    while True:
        page = (await auditor.get("/v1/audit-trail", params=params)).json()
        numbers += [one["number"] for one in page["items"]]
        if "next" not in page:
            break
        params["cursor"] = page["next"]
    assert len(numbers) == 5
    assert numbers == sorted(numbers, reverse=True)
    for role, status in (("operator", 403), ("channel", 403), ("merchant", 403), ("approver", 200)):
        client = await office.as_(role, "wash-1" if role == "merchant" else f"{role}-9")
        assert (await client.get("/v1/audit-trail")).status_code == status
    foreign = await office.as_("auditor", "zhou-min", OTHER_BANK)
    assert (await foreign.get("/v1/audit-trail")).json() == {"items": []}


async def test_what_is_changed_at_the_command_line_is_told_with_the_login(office: Office) -> None:
    """A key is made, rotated and revoked; a merchant registered, moved, suspended; what fails is not told."""
    street = office.street
    await points(street, "merchants", "add", BANK, "barber-9", "--network", "hair")
    await points(street, "merchants", "add", BANK, "barber-9", "--network", "hair", "--region", "north")
    await points(street, "merchants", "suspend", BANK, "barber-9")
    await points(street, "merchants", "suspend", BANK, "barber-8", code=1)
    moved = [
        (one["action"], one.get("before"), one["after"]) for one in await listed(office, subject="merchant/barber-9")
    ]
    placed = {"network": "hair", "region": None, "sandbox": False}
    assert moved[::-1] == [
        ("merchant-registered", None, placed),
        ("merchant-registered", {"network": "hair", "region": None}, placed | {"region": "north"}),
        ("merchant-status-changed", {"status": "active"}, {"status": "suspended"}),
    ]
    assert await listed(office, subject="merchant/barber-8") == []
    old = (await points(street, "keys", "create", BANK, "merchant", "barber-9")).split("_")[1]
    new = await points(street, "keys", "rotate", old)
    await points(street, "keys", "revoke", old)
    told = await listed(office, subject=f"key/{old}")
    assert [(one["action"], one["request_id"]) for one in told[::-1]] == [
        ("key-made", "points keys create"), ("key-ended", "points keys rotate"), ("key-ended", "points keys revoke"),
    ]  # fmt: skip
    made = {"role": "merchant", "holder": "barber-9", "scopes": [], "signed": False}
    assert told[-1]["after"] == made | {"expires_at": None}
    [after] = [one["after"] for one in await listed(office, subject=f"key/{new.split('_')[1]}")]
    assert after == made | {"expires_at": None, "replaces": old}
    assert told[0]["before"]["revoked_at"] is None
    assert told[0]["after"]["revoked_at"] is not None
    assert {one["role"] for one in told} == {"command-line"}
    assert new.split("_", 2)[2] not in str(await street.owner.fetch("select * from audit_trail"))


async def test_the_command_line_tells_what_the_api_tells(office: Office) -> None:
    """Proposals and the trail, entry for entry; without a bank also what concerns the engine alone."""
    street = office.street
    await street.member("m-7", 100)
    made = await office.propose(adjustment("m-7", 5))
    await office.decide(made["proposal_id"], "reject", by="chen-jie", reason="wrong")
    waits = await office.propose(adjustment("m-7", 6))
    auditor = await office.as_("auditor", "zhou-min")
    about = {"subject": "member/m-7"}
    for words, path in ((["proposals", "list"], "/v1/proposals"), (["trail"], "/v1/audit-trail")):
        told = json.loads(await points(street, *words, BANK, "--subject", "member/m-7", "--json"))
        items = (await auditor.get(path, params=about)).json()["items"]
        assert [one for one in told if one.pop("bank", BANK) == BANK] == items
        assert len(items) in (2, 3)
        assert json.loads(await points(street, *words, OTHER_BANK, "--json")) == []
    listed = json.loads(await points(street, "proposals", "list", BANK, "--state", "proposed", "--json"))
    assert [one["proposal_id"] for one in listed if one["change"]["member_id"] == "m-7"] == [waits["proposal_id"]]
    assert "they are proposed, approved" in await points(street, "proposals", "list", BANK, "--state", "open", code=2)
    assert json.loads(await points(street, "proposals", "show", BANK, made["proposal_id"])) == await office.shown(
        made["proposal_id"]
    )
    assert "has no proposal" in await points(street, "proposals", "show", OTHER_BANK, made["proposal_id"], code=1)
    mine = json.loads(await points(street, "trail", "--person", "chen-jie", "--limit", "1", "--json"))
    assert [(one["bank"], one["action"]) for one in mine] == [(BANK, "proposal-rejected")]
    assert "Audit trail" in await points(street, "trail", BANK, "--subject", "member/m-7")


CONTRACT = """
bank: corner
currency: CNY
merchants: {wash-1: [{from: 2020-01-01, points: reward, pays: 1.00 per 100 points, funded_by: {bank: 100%}}]}
"""


async def test_webhooks_contracts_and_closes_by_hand_are_told(office: Office, tmp_path: Path) -> None:
    """Each with what stood before and after; what changes nothing is not told, and no secret ever."""
    street = office.street
    add = ["webhooks", "add", "https://shop.example/a", "--bank", BANK, "--merchant", "wash-1", "--json"]
    made = json.loads(await points(street, *add))
    of = made["endpoint_id"]
    await points(street, *[word.replace("/a", "/b") for word in add])
    rotated = json.loads(await points(street, "webhooks", "rotate", of, "--json"))
    await points(street, "webhooks", "pause", of, "--because", "moves-house")
    await points(street, "webhooks", "replay", of, "--behind", "1")
    await points(street, "webhooks", "remove", of)
    await points(street, "webhooks", "remove", of, code=1)
    told = (await listed(office, subject=f"webhook/{of}"))[::-1]
    assert [(one["action"], one["request_id"].split()[-1]) for one in told] == [
        *(("webhook-endpoint-changed", word) for word in ("add", "add", "rotate", "pause")),
        ("webhooks-replayed", "replay"), ("webhook-endpoint-changed", "remove"),
    ]  # fmt: skip
    assert [(one.get("before") or {}).get("url", "")[-2:] for one in told[:2]] == ["", "/a"]
    assert (told[1]["after"]["url"][-2:], told[2]["after"]["secret_number"]) == ("/b", 2)
    assert told[3]["after"]["paused_because"] == "moves-house"
    assert (told[5].get("after"), told[5]["before"]["url"]) == (None, "https://shop.example/b")
    trail = str(await street.owner.fetch("select * from audit_trail"))
    assert made["secret"] not in trail
    assert rotated["secret"] not in trail
    (tmp_path / "c.yaml").write_text(CONTRACT)
    for _ in range(2):
        await points(street, "contracts", "load", str(tmp_path / "c.yaml"))
    terms = "reward from 2020-01-01: 1 per point; bank 1"
    [agreed] = await listed(office, action="contract-agreed")
    assert (agreed["subject"], agreed["after"]) == ("merchant/wash-1", {"file": "c.yaml", "terms": terms})


async def test_a_close_by_hand_is_told_before_it_is_sent_and_an_exchange_before_it_is_done(office: Office) -> None:
    """What is broken off was ordered all the same: here there is no Kafka."""
    street = office.street
    await points(street, "close-day", BANK, "2020-01-02", "--force", "storm", code=1)
    [order] = await listed(office, action="day-close-ordered")
    assert (order["subject"], order["before"]["closed_through"]) == ("day/2020-01-02", None)
    assert order["after"] == {"business_date": "2020-01-02", "through": "2020-01-02", "reason": "storm"}
    keys = await street.owner.fetchval(
        "select (select count(*) from member_key) + (select count(*) from fingerprint_key)"
    )
    await points(street, "profile-keys", "rewrap")
    [exchange] = json.loads(await points(street, "trail", "--subject", "profile-keys", "--json"))
    assert exchange["action"] == "profile-keys-rewrapped"
    assert sum(exchange["before"].values()) == keys
