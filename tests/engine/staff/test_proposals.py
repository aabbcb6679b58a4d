"""Four eyes: what one proposes is done when others approved it, once, and not before; who decides is somebody else."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from engine.evidence.audit import checks
from tests.chaos.traffic import event, sent
from tests.engine.api.conftest import BANK, OTHER_BANK
from tests.engine.staff.conftest import Office, adjustment

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_adjustment_is_made_when_another_person_approved_it(office: Office) -> None:
    street = office.street
    await street.member("m-1", 100)
    made = await office.propose(adjustment("m-1", 500), case="complaint-7")
    assert (made["state"], made["needs"], made["proposed_by"]) == ("proposed", 1, "li-wei")
    assert await street.balance("m-1") == (100, 0)
    told = await office.decide(made["proposal_id"], "approve", by="chen-jie")
    assert told.status_code == 200, told.text
    assert await street.balance("m-1") == (600, 0)
    done = await office.shown(made["proposal_id"])
    assert done == told.json()
    assert (done["state"], done["approved_by"], done["decided_by"]) == ("carried-out", ["chen-jie"], "chen-jie")
    row = await street.owner.fetchrow("select rule_id, points, member_version from posting where kind = 'adjusted'")
    assert tuple(row) == ("goodwill", 500, done["result"]["member_version"])
    trail = await office.trail("member/m-1")
    assert [one[:2] for one in trail] == [
        ("li-wei", "proposal-made"), ("chen-jie", "proposal-approved"), ("chen-jie", "proposal-carried-out"),
    ]  # fmt: skip
    assert (trail[1][2], trail[2][2]) == ({"approved_by": [], "state": "proposed"}, {"state": "approved"})
    assert trail[1][3]["decided_by"] == "chen-jie"
    assert trail[2][3]["result"] == done["result"]


async def test_nobody_approves_or_rejects_what_they_proposed(office: Office) -> None:
    """Also not by a key of the other role: it is the person that counts."""
    await office.street.member("m-own", 100)
    made = await office.propose(adjustment("m-own", 500), by="li-wei")
    for verb, body in (("approve", {}), ("reject", {"reason": "wrong"})):
        told = await office.decide(made["proposal_id"], verb, by="li-wei", **body)
        assert (told.status_code, told.json()["type"]) == (403, "/problems/four-eyes")
    withdrawn = await office.decide(made["proposal_id"], "withdraw", by="sun-lei", reason="wrong")
    assert (withdrawn.status_code, withdrawn.json()["type"]) == (403, "/problems/not-allowed")
    operator = await office.as_("operator", "sun-lei")
    at = f"/v1/proposals/{made['proposal_id']}/approve"
    assert (await operator.post(at, json={}, headers=office.street.key())).json()["type"] == "/problems/not-allowed"
    assert await office.street.balance("m-own") == (100, 0)


async def test_the_programs_bands_say_how_many_approve(office: Office) -> None:
    """1,001 points need two; the first alone moves nothing, twice the same person neither; 5,001 nobody may."""
    street = office.street
    await street.member("m-band", 100)
    made = await office.propose(adjustment("m-band", 1001))
    assert made["needs"] == 2
    first = await office.decide(made["proposal_id"], "approve", by="chen-jie")
    assert (first.status_code, first.json()["state"]) == (200, "proposed")
    again = await office.decide(made["proposal_id"], "approve", by="chen-jie")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/proposal-decided")
    assert await street.balance("m-band") == (100, 0)
    second = await office.decide(made["proposal_id"], "approve", by="wang-fang")
    assert (second.status_code, second.json()["state"]) == (200, "carried-out")
    assert await street.balance("m-band") == (1101, 0)
    operator = await office.as_("operator", "li-wei")
    for wrong, why in (
        (adjustment("m-band", 5001), "nobody may adjust more than 5000 points"),
        (adjustment("m-band", 5) | {"point_type": "miles"}, "no point type is called miles"),
    ):
        told = await operator.post("/v1/proposals", json={"change": wrong, "reason": "goodwill"}, headers=street.key())
        assert (told.status_code, told.json()["type"]) == (422, "/problems/adjustment-not-allowed")
        assert told.json()["detail"] == why


async def test_what_the_rules_refuse_is_told_and_kept(office: Office) -> None:
    street = office.street
    await street.member("m-poor", 30)
    made = await office.propose(adjustment("m-poor", -31))
    approver, key = await office.as_("approver", "chen-jie"), street.key()
    at = f"/v1/proposals/{made['proposal_id']}/approve"
    told = await approver.post(at, json={}, headers=key)
    assert (told.status_code, told.json()["type"]) == (422, "/problems/not-enough-points")
    assert (await approver.post(at, json={}, headers=key)).content == told.content
    done = await office.shown(made["proposal_id"])
    assert (done["state"], done["result"]["refused"]) == ("refused", "not-enough-points")
    assert (await office.trail("member/m-poor"))[-1][1] == "proposal-refused"
    assert await street.balance("m-poor") == (30, 0)


async def test_a_proposal_is_rejected_or_withdrawn_and_then_stays_so(office: Office) -> None:
    await office.street.member("m-no", 10)
    for verb, by, state in (("reject", "chen-jie", "rejected"), ("withdraw", "li-wei", "withdrawn")):
        made = await office.propose(adjustment("m-no", 5))
        told = await office.decide(made["proposal_id"], verb, by=by, reason="not-our-fault")
        assert (told.status_code, told.json()["state"], told.json()["decided_because"]) == (200, state, "not-our-fault")
        late = await office.decide(made["proposal_id"], "approve", by="wang-fang")
        assert (late.status_code, late.json()["type"]) == (409, "/problems/proposal-decided")
    assert await office.street.balance("m-no") == (10, 0)


async def test_a_proposal_expires(office: Office) -> None:
    """Three days after it was made, as the program says; here its time is put back by the owner of the tables."""
    await office.street.member("m-late", 10)
    made = await office.propose(adjustment("m-late", 5))
    before = await office.street.owner.fetchval(
        "update proposal set proposed_at = proposed_at - interval '3 days', expires_at = now() "
        "where proposal_id = $1 returning expires_at <= clock_timestamp()", made["proposal_id"],
    )  # fmt: skip
    assert before
    assert (await office.shown(made["proposal_id"]))["state"] == "expired"
    told = await office.decide(made["proposal_id"], "approve", by="chen-jie")
    assert (told.status_code, told.json()["type"]) == (409, "/problems/proposal-decided")
    assert "expired" in told.json()["detail"]
    auditor = await office.as_("auditor", "zhou-min")
    found = (await auditor.get("/v1/proposals", params={"state": "expired"})).json()["items"]
    assert [one["proposal_id"] for one in found] == [made["proposal_id"]]


async def test_every_kind_is_carried_out(office: Office) -> None:
    """Frozen, free again, a tier by hand, its profile forgotten, closed; and a merchant suspended."""
    street = office.street
    await street.member("m-kind", 100)
    known = event("member.updated.v1", "told-1", "m-kind", street.at + timedelta(seconds=1), {"branch": "br-77"})
    await street.desk.handle(sent(known))
    frozen, tier = "(state::json -> 'frozen') ->> 0", "tier"
    for change, column, before, after in (
        ({"kind": "freeze", "freeze": "no-burn"}, frozen, None, "no-burn"),
        ({"kind": "unfreeze"}, frozen, "no-burn", None),
        ({"kind": "tier", "tier": "core", "until": "2199-01-01"}, tier, "basic", "core"),
        ({"kind": "erase"}, "state like '%br-77%'", True, False),
        ({"kind": "close"}, "status", "enrolled", "closed"),
    ):
        look = f"select {column} from member where member_id = 'm-kind'"
        made = await office.propose(change | {"member_id": "m-kind"})
        assert await street.owner.fetchval(look) == before, change
        told = await office.decide(made["proposal_id"], "approve", by="chen-jie")
        assert (told.status_code, told.json()["state"]) == (200, "carried-out"), told.text
        assert await street.owner.fetchval(look) == after, change
    by_hand = await street.owner.fetchrow("select requested_by, approved_by from tier_change where reason = 'manual'")
    assert tuple(by_hand) == ("li-wei", "chen-jie")
    made = await office.propose({"kind": "merchant", "merchant": "wash-1", "status": "suspended"})
    told = await office.decide(made["proposal_id"], "approve", by="chen-jie")
    assert (told.status_code, told.json()["state"]) == (200, "carried-out"), told.text
    assert await street.owner.fetchval("select status from merchant where merchant = 'wash-1'") == "suspended"
    assert [one[1] for one in await office.trail("merchant/wash-1")] == ["proposal-made", "proposal-carried-out"]


async def test_many_who_approve_at_once_carry_it_out_once(office: Office) -> None:
    street = office.street
    await street.member("m-race", 0)
    made = [await office.propose(adjustment("m-race", 7)) for _ in range(8)]
    people = ("chen-jie", "wang-fang", "zhao-yun")
    told = await asyncio.gather(
        *(office.decide(one["proposal_id"], "approve", by=person) for one in made for person in people)
    )
    assert sorted(one.status_code for one in told) == [200] * 8 + [409] * 16
    assert await street.balance("m-race") == (56, 0)


async def test_the_same_request_is_answered_with_the_same_bytes(office: Office) -> None:
    """Whatever has become of the proposal; another request under its key is refused."""
    street = office.street
    await street.member("m-same", 0)
    operator, approver = await office.as_("operator", "li-wei"), await office.as_("approver", "chen-jie")
    body: dict[str, Any] = {"change": adjustment("m-same", 9), "reason": "goodwill"}
    keys = street.key(), street.key()
    made = await operator.post("/v1/proposals", json=body, headers=keys[0])
    at = f"/v1/proposals/{made.json()['proposal_id']}/approve"
    done = await approver.post(at, json={}, headers=keys[1])
    assert (await operator.post("/v1/proposals", json=body, headers=keys[0])).content == made.content
    assert (await approver.post(at, json={}, headers=keys[1])).content == done.content
    other = await operator.post("/v1/proposals", json=body | {"reason": "correction"}, headers=keys[0])
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    more = await office.propose(adjustment("m-same", 9))
    other = await approver.post(f"/v1/proposals/{more['proposal_id']}/approve", json={}, headers=keys[1])
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert await street.balance("m-same") == (9, 0)


async def test_what_was_approved_by_a_process_that_died_is_carried_out_by_the_sweeper(office: Office) -> None:
    """The row stands as the first transaction of an approval leaves it."""
    street = office.street
    await street.member("m-left", 0)
    made = await office.propose(adjustment("m-left", 11))
    request = (
        '{"principal": "approver/chen-jie", "key_id": "k", "idempotency_key": "left-1", "request_id": "r-1", '
        '"fingerprint": "00112233445566778899aabbccddeeff", "line": "POST /v1/proposals/x/approve"}'
    )
    await street.owner.execute(
        "update proposal set state = 'approved', approved_by = '{chen-jie}', request = $2, decided_by = 'chen-jie', "
        "decided_at = clock_timestamp() - interval '5 seconds' where proposal_id = $1",
        made["proposal_id"], request,
    )  # fmt: skip
    for _ in range(100):
        if (await office.shown(made["proposal_id"]))["state"] != "approved":
            break
        await asyncio.sleep(0.1)
    assert (await office.shown(made["proposal_id"]))["state"] == "carried-out"
    assert await street.balance("m-left") == (11, 0)


async def test_lists_are_told_page_by_page_to_the_banks_own_people(office: Office) -> None:
    await office.street.member("m-many", 0)
    made = [(await office.propose(adjustment("m-many", n + 1)))["proposal_id"] for n in range(5)]
    auditor = await office.as_("auditor", "zhou-min")
    seen, params = [], {"subject": "member/m-many", "limit": "2"}
    while True:
        page = (await auditor.get("/v1/proposals", params=params)).json()
        seen += [one["proposal_id"] for one in page["items"]]
        if "next" not in page:
            break
        params["cursor"] = page["next"]
    assert seen == made[::-1]
    foreign = await office.as_("auditor", "zhou-min", OTHER_BANK)
    assert (await foreign.get("/v1/proposals")).json() == {"items": []}
    assert (await foreign.get(f"/v1/proposals/{made[0]}")).status_code == 404
    for verb, role in (("approve", "approver"), ("reject", "approver"), ("withdraw", "operator")):
        client = await office.as_(role, "li-wei", OTHER_BANK)
        body = {} if verb == "approve" else {"reason": "wrong"}
        told = await client.post(f"/v1/proposals/{made[0]}/{verb}", json=body, headers=office.street.key())
        assert told.status_code == 404, told.text


async def test_nothing_is_proposed_of_who_is_not_there(office: Office) -> None:
    """Another bank's member is not there either; a card number is nowhere."""
    await office.street.member("m-harbour", 10, OTHER_BANK)
    operator = await office.as_("operator", "li-wei")
    for change, status in (
        (adjustment("m-harbour", 5), 404), ({"kind": "close", "member_id": "m-nobody"}, 404),
        ({"kind": "merchant", "merchant": "shop-9", "status": "active"}, 404), (adjustment("m-1", 0), 422),
        ({"kind": "promote", "member_id": "m-1"}, 422),
    ):  # fmt: skip
        told = await operator.post(
            "/v1/proposals", json={"change": change, "reason": "goodwill"}, headers=office.street.key()
        )
        assert told.status_code == status, told.text
    body = {"change": {"kind": "unfreeze", "member_id": "m-1"}, "reason": "4111-1111-1111-1111"}
    told = await operator.post("/v1/proposals", json=body, headers=office.street.key())
    assert (told.status_code, told.json()["type"]) == (422, "/problems/unusable-request")
    assert await office.street.owner.fetchval("select count(*) from proposal where bank <> $1", BANK) == 0


async def test_replay_and_audit_agree_with_all_of_it(office: Office) -> None:
    """Last of this file: the journal decided again is the ledger, and the trail is whole until a row is changed."""
    assert await office.street.verdict() is None
    owner = office.street.owner
    assert [one.name for one in await checks(owner) if one.wrong] == []
    trail = next(one for one in await checks(owner) if one.name == "trail")
    assert trail.looked_at > 20
    for tamper in (
        "delete from audit_trail where trail_number = 5",
        "update audit_trail set person = 'x' where trail_number = 5",
        "update audit_trail set recorded_at = recorded_at + interval '1 second' where trail_number = 5",
        "update audit_trail set after = null where trail_number = 5",
    ):
        undone = owner.transaction()
        await undone.start()
        await owner.execute("set local session_replication_role = replica")
        await owner.execute(tamper)
        found = next(one for one in await checks(owner) if one.name == "trail")
        await undone.rollback()
        assert int(found.first or 0) in (5, 6), tamper
