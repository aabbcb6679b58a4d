"""A merchant begins no more redemptions a day than its bank lets it, however many ask; what was begun goes on."""

import asyncio

import httpx

from tests.engine.api.conftest import BANK, Street
from tests.engine.api.test_commands import points


async def test_of_twenty_at_once_three_begin_and_no_code_is_used_by_the_others(street: Street) -> None:
    """Asked again under the same key the three are answered the same. When six may, those who were refused begin."""
    await points(street, "merchants", "pace", BANK, "wash-1", "--per-day", "3")
    for n in range(20):
        await street.member(f"m-{n}", 100)
    shop = await street.client()
    codes = [await street.code(f"m-{n}") for n in range(20)]

    async def redeem(n: int) -> httpx.Response:
        asked = {"merchant_ref": f"r-{n}", "code": codes[n], "points": 1}
        return await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": f"k-{n}"})

    told = await asyncio.gather(*map(redeem, range(20)))
    days = await street.owner.fetchval("select count(*) from merchant_pace")
    begun = [n for n, one in enumerate(told) if one.status_code == 201]
    assert len(begun) == 3 * days, "a night between them gives three more"
    refused = [n for n in range(20) if n not in begun]
    assert {(told[n].status_code, told[n].json()["type"]) for n in refused} == {(429, "/problems/merchant-too-fast")}
    assert all(0 < int(told[n].headers["retry-after"]) <= 24 * 3600 for n in refused)
    assert [(await redeem(n)).content for n in begun] == [told[n].content for n in begun]
    taken = await shop.post(f"/v1/redemptions/r-{begun[0]}/capture", json={}, headers=street.key())
    assert (taken.status_code, taken.json()["state"]) == (200, "captured")
    await points(street, "merchants", "pace", BANK, "wash-1", "--per-day", str(6 * days))
    again = [(await redeem(n)).status_code for n in refused[:3]]
    assert again == [201] * 3
    assert await street.verdict() is None


async def test_another_merchant_and_one_without_limit_are_not_counted(street: Street) -> None:
    await points(street, "merchants", "pace", BANK, "wash-1", "--per-hour", "1", "--per-day", "1")
    await street.member("m-1", 100)
    other = await street.client("merchant", "wash-2")
    for n in range(3):
        asked = {"merchant_ref": f"r-{n}", "code": await street.code("m-1"), "points": 1}
        assert (await other.post("/v1/redemptions", json=asked, headers=street.key())).status_code == 201
    assert await street.owner.fetchval("select count(*) from merchant_pace") == 0
    assert "as many as it likes" in await points(street, "merchants", "pace", BANK, "wash-1")
    assert "no merchant" in await points(street, "merchants", "pace", BANK, "wash-9", "--per-day", "1", code=1)
