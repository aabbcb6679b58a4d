"""A bank's operator stops redemptions by the command line; every process refuses them from then on."""

import asyncio

import httpx

from tests.engine.api.conftest import BANK, OTHER_BANK, Street
from tests.engine.api.test_commands import points

WHY = ("--reason", "codes were photographed", "--by", "ops-3")

WAITS = "select true from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


async def asked(street: Street, ref: str, body: dict[str, object], bank: str = BANK) -> httpx.Response:
    """On a connection of its own, so that another process may have it."""
    token = await street.token("merchant", "wash-1", bank)
    async with httpx.AsyncClient(base_url=street.address, headers={"Authorization": f"Bearer {token}"}) as client:
        return await client.post("/v1/redemptions", json={"merchant_ref": ref} | body, headers=street.key())


WASH: dict[str, object] = {"benefit": "wash", "amount_minor": 900, "currency": "CNY"}
STOPS = (("merchant/wash-1", True), ("network/car", True), ("benefit/wash", False), ("everything", True))
"""What a wash at wash-1 is stopped by, and whether points are too."""


async def test_what_is_stopped_is_refused_by_every_process_at_once(closed_street: Street) -> None:
    """Of two processes each is asked several times, none has seen the stop before. What is held may be captured."""
    street = closed_street
    await street.serve(api_workers=2)
    shop = await street.client()
    for bank in BANK, OTHER_BANK:
        await street.member("m-1", 100, bank)
    for what, points_too in STOPS:
        held = await asked(street, f"held-{what[:4]}", {"code": await street.code("m-1"), "points": 10})
        assert held.status_code == 201, held.text
        code = await street.code("m-1")
        assert "is stopped" in await points(street, "stop", BANK, what, *WHY)
        told = await asyncio.gather(*(asked(street, f"{what[:4]}-{n}", {"code": code} | WASH) for n in range(12)))
        assert {(one.status_code, one.json().get("type")) for one in told} == {(422, "/problems/suspended")}
        spent = await asked(street, f"s-{what[:4]}", {"code": await street.code("m-1"), "points": 1})
        assert (spent.status_code == 422) == points_too
        looked = await shop.post("/v1/codes/look-up", json={"code": code})
        assert (
            looked.status_code == 422
            if points_too
            else "wash" not in [one["benefit"] for one in looked.json()["benefits"]]
        )
        taken = await shop.post(f"/v1/redemptions/held-{what[:4]}/capture", json={}, headers=street.key())
        assert (taken.status_code, taken.json().get("state")) == (200, "captured")
        assert "goes on" in await points(street, "resume", BANK, what, "--by", "ops-4")
        assert (await asked(street, f"p-{what[:4]}", {"code": code, "points": 1})).status_code == 201, "it was not used"
    assert await street.verdict() is None


async def test_what_is_stopped_while_the_door_waits_for_a_lane_begins_nothing(street: Street) -> None:
    """Another process has the API's lanes locked when the redemption comes; the stop is committed before it ends."""
    await street.member("m-1", 100)
    code = await street.code("m-1")
    async with street.pool.acquire() as other, other.transaction():
        await other.execute("select from lane where topic = 'loyalty.api' for update")
        waiting = asyncio.create_task(asked(street, "r-1", {"code": code, "points": 1}))
        while not await street.owner.fetchval(WAITS):  # noqa: ASYNC110  # the database tells nobody who waits
            await asyncio.sleep(0.01)
        assert "is stopped" in await points(street, "stop", BANK, "everything", *WHY)
    assert (await waiting).json()["type"] == "/problems/suspended"


async def test_another_banks_stop_is_none_of_ours(street: Street) -> None:
    await street.member("m-1", 100, OTHER_BANK)
    assert "is stopped" in await points(street, "stop", BANK, "everything", *WHY)
    other = await asked(street, "o-1", {"code": await street.code("m-1", OTHER_BANK)} | WASH, OTHER_BANK)
    assert other.status_code == 201, other.text


async def test_who_stopped_and_resumed_what_and_why_is_listed(street: Street) -> None:
    """A name that there is not is refused with those that there are; so is a stop of what was stopped."""
    for what, says in [
        ("shop/wash-1", "expected everything"), ("everything/now", "expected everything"), ("merchant", "expected"),
    ]:  # fmt: skip
        assert says in await points(street, "stop", BANK, what, *WHY, code=2)
    for what, says in [
        ("merchant/wash-9", "wash-1, wash-2"),
        ("benefit/wosh", "shine, wash"),
        ("network/c", "air, car"),
    ]:
        assert says in await points(street, "stop", BANK, what, *WHY, code=1)
    assert "there are: none" in await points(street, "stop", "nobody", "everything", *WHY, code=1)
    assert "is stopped" in await points(street, "stop", BANK, "benefit/wash", *WHY)
    assert "was stopped before" in await points(street, "stop", BANK, "benefit/wash", *WHY)
    shown = await points(street, "stops", BANK, "--json")
    assert '"reason":"codes were photographed","stopped_by":"ops-3"' in shown
    await points(street, "resume", BANK, "benefit/wash", "--by", "ops-4")
    assert await points(street, "stops", BANK, "--json") == "[]"
    assert '"resumed_by":"ops-4"' in await points(street, "stops", BANK, "--over", "--json")
    assert "is not stopped" in await points(street, "resume", BANK, "benefit/wash", "--by", "ops-4", code=1)
