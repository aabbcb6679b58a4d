"""Stops over HTTP: one person stops, at once; two let it go on. All is in the trail, the command line's too."""

import pytest

from tests.engine.api.conftest import BANK, OTHER_BANK
from tests.engine.api.test_commands import points
from tests.engine.staff.conftest import Office
from tests.engine.staff.test_trail import listed

pytestmark = pytest.mark.asyncio(loop_scope="module")
WHY = "codes-were-photographed"


async def stop(office: Office, what: str, person: str = "li-wei", bank: str = BANK) -> tuple[int, dict[str, str]]:
    client = await office.as_("operator", person, bank)
    told = await client.post("/v1/stops", json={"what": what, "reason": WHY}, headers=office.street.key())
    return told.status_code, told.json()


async def redeem(office: Office, ref: str) -> tuple[int, str]:
    asked = {"merchant_ref": ref, "code": await office.street.code("m-1"), "points": 1}
    client = await office.street.client()
    told = await client.post("/v1/redemptions", json=asked, headers=office.street.key())
    return told.status_code, told.json().get("type", "")


async def test_one_person_stops_and_another_has_to_agree_that_it_goes_on(office: Office) -> None:
    """Who stops it again changes nothing. Its maker cannot approve; from the approval on it begins again."""
    await office.street.member("m-1", 100)
    assert await redeem(office, "r-1") == (201, "")
    status, made = await stop(office, "merchant/wash-1")
    assert (status, made["stopped_by"], made["reason"]) == (201, "li-wei", WHY)
    assert await stop(office, "merchant/wash-1", "wang-fang") == (201, made)
    assert await redeem(office, "r-2") == (422, "/problems/suspended")
    asked = await office.propose({"kind": "resume", "what": "merchant/wash-1"})
    assert (await office.decide(asked["proposal_id"], "approve", by="li-wei")).status_code == 403
    assert await redeem(office, "r-3") == (422, "/problems/suspended")
    done = await office.decide(asked["proposal_id"], "approve", by="chen-jie")
    assert (done.status_code, done.json()["state"]) == (200, "carried-out")
    assert await redeem(office, "r-4") == (201, "")
    told = [(one["person"], one["action"]) for one in await listed(office, subject="stop/merchant/wash-1")]
    assert told[::-1] == [
        ("li-wei", "redemptions-stopped"), ("li-wei", "proposal-made"), ("chen-jie", "proposal-carried-out"),
    ]  # fmt: skip
    found = await (await office.as_("auditor", "zhou-min")).get("/v1/proposals?subject=stop/merchant/wash-1")
    assert [one["proposal_id"] for one in found.json()["items"]] == [asked["proposal_id"]]
    assert await office.street.verdict() is None


async def test_what_goes_on_already_is_not_resumed(office: Office) -> None:
    """Of two proposals the second finds nothing stopped, and nothing is proposed of what is not."""
    await stop(office, "network/car")
    change = {"kind": "resume", "what": "network/car"}
    first, second = await office.propose(change), await office.propose(change)
    assert (await office.decide(first["proposal_id"], "approve", by="chen-jie")).status_code == 200
    late = await office.decide(second["proposal_id"], "approve", by="chen-jie")
    assert (late.status_code, late.json()["detail"]) == (404, f"{BANK} has network/car stopped no more")
    assert (await office.shown(second["proposal_id"]))["state"] == "proposed"
    again = await (await office.as_("operator", "li-wei")).post(
        "/v1/proposals", json={"change": change, "reason": "goodwill"}, headers=office.street.key()
    )
    assert again.status_code == 404


@pytest.mark.parametrize(
    ("what", "status"),
    [("merchant/wash-9", 404), ("benefit/wash", 404), ("network/c", 404), ("everything/now", 422), ("wash-1", 422)],
)
async def test_only_what_there_is_can_be_stopped(office: Office, what: str, status: int) -> None:
    assert (await stop(office, what))[0] == status


async def test_a_banks_stops_are_its_own_and_told_page_by_page(office: Office) -> None:
    """Three are in force at the one bank, none at the other; channels and merchants are not told."""
    for what in ("merchant/wash-1", "network/car", "everything"):
        assert (await stop(office, what))[0] == 201
    auditor, foreign = [await office.as_("auditor", "zhou-min", bank) for bank in (BANK, OTHER_BANK)]
    first = (await auditor.get("/v1/stops?limit=2")).json()
    rest = (await auditor.get("/v1/stops", params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["what"] for one in first["items"] + rest["items"]] == ["everything", "network/car", "merchant/wash-1"]
    assert "next" not in rest
    assert (await foreign.get("/v1/stops?over=true")).json() == {"items": []}
    for role in ("merchant", "channel"):
        assert (await (await office.as_(role, "wash-1")).get("/v1/stops")).status_code == 403
    assert (await auditor.post("/v1/stops", json={}, headers=office.street.key())).status_code == 403


async def test_stops_of_the_command_line_are_told_with_the_login(office: Office) -> None:
    """What failed is not told: a name that there is not, and what goes on already."""
    street = office.street
    await points(street, "merchants", "add", BANK, "barber-7", "--network", "hair")
    await points(street, "stop", BANK, "merchant/barber-7", "--reason", "codes were photographed", "--by", "ops-3")
    await points(street, "stop", BANK, "merchant/barber-7", "--reason", "again", "--by", "ops-5")
    await points(street, "stop", BANK, "merchant/barber-8", "--reason", "none", "--by", "ops-3", code=1)
    await points(street, "resume", BANK, "merchant/barber-7", "--by", "ops-4")
    await points(street, "resume", BANK, "merchant/barber-7", "--by", "ops-4", code=1)
    resumed, stopped = await listed(office, subject="stop/merchant/barber-7")
    assert (stopped["action"], stopped["request_id"]) == ("redemptions-stopped", "points stop")
    assert stopped["after"] == {"reason": "codes were photographed", "by": "ops-3"}
    assert (resumed["action"], resumed["before"]["by"], resumed["after"]) == (
        "redemptions-resumed", "ops-3", {"by": "ops-4"},
    )  # fmt: skip
    assert {one["role"] for one in (stopped, resumed)} == {"command-line"}
