"""The API is killed while clients ask and ask again (TESTS.md row 2): what was acknowledged stands, once."""

import asyncio
import secrets

import httpx

from tests.engine.api.conftest import Street

POINTS = 5


class Till:
    """A client with a log of what was acknowledged; it asks again under the same key until it is."""

    def __init__(self, street: Street, token: str) -> None:
        self.street = street
        self.headers = {"Authorization": f"Bearer {token}"}
        self.acknowledged: dict[str, bytes] = {}
        self.tries = 0

    async def redeem(self, member: str, ref: str) -> None:
        asked = {"merchant_ref": ref, "code": await self.street.code(member), "points": POINTS, "capture": True}
        headers = self.headers | {"Idempotency-Key": f"key-{ref}"}
        async with httpx.AsyncClient(base_url=self.street.address, timeout=10) as client:
            while ref not in self.acknowledged:
                self.tries += 1
                try:
                    told = await client.post("/v1/redemptions", json=asked, headers=headers)
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                if told.status_code in (409, 429, 503):
                    await asyncio.sleep(0.05)
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
    till = Till(street, await street.token("merchant", "wash-1"))

    async def shop(number: int) -> None:
        for n in range(each):
            await till.redeem(f"m-{number % 8}", f"r-{number}-{n}")

    work = asyncio.gather(*(shop(number) for number in range(tills)))
    for kill in range(kills):
        share = tills * each * (kill + 1) // (kills + 2)
        while len(till.acknowledged) < share:  # noqa: ASYNC110  # what others do is waited for
            await asyncio.sleep(0.005 + secrets.randbelow(10) / 1000)
        process.kill()
        process = await street.serve()
    await work
    assert till.tries > tills * each
    kept = {r["merchant_ref"]: r for r in await street.owner.fetch("select * from redemption where state = 'captured'")}
    assert kept.keys() == till.acknowledged.keys()
    assert await street.owner.fetchval("select count(*) from redemption where state = 'captured'") == tills * each
    spent = await street.owner.fetchval("select -sum(points)::int from posting where kind = 'redeemed'")
    assert spent == POINTS * tills * each
    client = await street.client()
    for ref, body in list(till.acknowledged.items())[::7]:
        assert (await client.get(f"/v1/redemptions/{ref}")).content == body
    assert await street.verdict() is None
