"""The API is killed while clients ask and ask again: what was acknowledged stands, once."""

import asyncio
import secrets

import httpx

from tests.engine.api.conftest import Street

POINTS = 5
DOUBT = (409, 503)
"""Being decided, or not known: asked again with the same key."""


class Shop:
    """Clients with one log of what was acknowledged; each asks again under the same key until it is."""

    def __init__(self, street: Street) -> None:
        self.street = street
        self.acknowledged: dict[str, bytes] = {}
        self.lost = self.doubtful = 0

    async def redeem(self, till: httpx.AsyncClient, member: str, ref: str) -> None:
        asked = {"merchant_ref": ref, "code": await self.street.code(member), "points": POINTS, "capture": True}
        while ref not in self.acknowledged:
            try:
                told = await till.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": f"key-{ref}"})
            except httpx.TransportError:
                self.lost += 1
                await asyncio.sleep(0.2)
                continue
            if told.status_code in DOUBT:
                self.doubtful += 1
                await asyncio.sleep(0.2)
                continue
            assert told.status_code == 201, told.text
            self.acknowledged[ref] = told.content


async def test_no_acknowledged_write_is_lost_or_doubled(closed_street: Street, full: bool) -> None:
    """Every till redeems its share whatever happens; then each answer is what the ledger has."""
    street = closed_street
    tills, each, kills = (64, 120, 50) if full else (16, 12, 3)
    for number in range(8):
        await street.member(f"m-{number}", POINTS * tills * each)
    process = await street.serve()
    shop = Shop(street)

    async def till(number: int) -> None:
        client = await street.client()
        for n in range(each):
            await shop.redeem(client, f"m-{number % 8}", f"r-{number}-{n}")

    work = asyncio.gather(*(till(number) for number in range(tills)))
    for kill in range(kills):
        share = tills * each * (kill + 1) // (kills + 2)
        while len(shop.acknowledged) < share:  # noqa: ASYNC110  # what others do is waited for
            await asyncio.sleep(0.005 + secrets.randbelow(10) / 1000)
        process.kill()
        process = await street.serve()
    await work
    print(f"\n{len(shop.acknowledged)} acknowledged, {kills} kills; {shop.lost} replies lost, {shop.doubtful} in doubt")
    assert shop.lost > kills
    kept = {r["merchant_ref"]: r for r in await street.owner.fetch("select * from redemption where state = 'captured'")}
    assert kept.keys() == shop.acknowledged.keys()
    assert await street.owner.fetchval("select count(*) from redemption where state = 'captured'") == tills * each
    spent = await street.owner.fetchval("select -sum(points)::int from posting where kind = 'redeemed'")
    assert spent == POINTS * tills * each
    client = await street.client()
    for ref, body in shop.acknowledged.items():
        assert (await client.get(f"/v1/redemptions/{ref}")).content == body
    assert await street.verdict() is None
