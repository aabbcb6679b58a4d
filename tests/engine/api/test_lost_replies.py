"""The connection to PostgreSQL is cut about COMMIT: the same key leads to the first result, once."""

import asyncio
from collections import Counter
from typing import Any

import httpx

from tests.engine.api.conftest import Street
from tests.proxy import Proxy

TILLS = 8
POINTS = 5
DOUBT = (409, 503)
"""Being decided, or not known: asked again with the same key."""


class Till:
    """Redeems until so many commits were cut, each under one key until there is an answer, and then once more."""

    def __init__(self, client: httpx.AsyncClient, statuses: Counter[int]) -> None:
        self._client, self._statuses = client, statuses
        self.acknowledged: dict[str, bytes] = {}

    async def redeem(self, ref: str, code: str) -> None:
        asked = {"merchant_ref": ref, "code": code, "points": POINTS, "capture": True}
        self.acknowledged[ref] = await self._answered(asked)
        assert await self._answered(asked) == self.acknowledged[ref]
        looked = await self._client.get(f"/v1/redemptions/{ref}")
        self._statuses[looked.status_code] += 1
        assert looked.status_code in (200, 503), looked.text

    async def _answered(self, asked: dict[str, Any]) -> bytes:
        headers = {"Idempotency-Key": f"key-{asked['merchant_ref']}"}
        while True:
            told = await self._client.post("/v1/redemptions", json=asked, headers=headers)
            self._statuses[told.status_code] += 1
            if told.status_code not in DOUBT:
                assert told.status_code == 201, told.text
                return told.content
            assert told.headers["retry-after"] if told.status_code == 409 else told.json()["type"]
            await asyncio.sleep(0.02)


async def test_a_lost_reply_to_commit_changes_nothing(closed_street: Street, full: bool) -> None:
    """Seven commits of ten are cut, so that a request is often in doubt after every try of the door's own."""
    street, cuts = closed_street, 1_000 if full else 60
    for number in range(TILLS):
        await street.member(f"m-{number}", 100_000)
    statuses: Counter[int] = Counter()
    async with Proxy(street.given["database_url"], 0.0, seed=8).open() as proxy:
        await street.serve(database_url=proxy.url(street.given["database_url"]))
        tills = [Till(await street.client(), statuses) for _ in range(TILLS)]
        proxy.share = 0.7

        async def shop(number: int) -> None:
            member = f"m-{number}"
            while proxy.cuts < cuts:
                ref = f"r-{number}-{len(tills[number].acknowledged)}"
                await tills[number].redeem(ref, await street.code(member))

        await asyncio.gather(*(shop(number) for number in range(TILLS)))
        proxy.share = 0.0
    print(f"\n{proxy.unheard} commits unheard, {proxy.untold} untold; answers {dict(statuses)}")
    assert min(proxy.unheard, proxy.untold) > cuts // 4
    assert statuses[503] > 0
    acknowledged = {ref for till in tills for ref in till.acknowledged}
    kept = await street.owner.fetch("select merchant_ref, state, captured from redemption")
    assert Counter((r["merchant_ref"], r["state"], r["captured"]) for r in kept) == Counter(
        (ref, "captured", POINTS) for ref in acknowledged
    )
    for number, till in enumerate(tills):
        assert await street.balance(f"m-{number}") == (100_000 - POINTS * len(till.acknowledged), 0)
    assert await street.verdict() is None
