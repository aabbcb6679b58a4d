"""The door gathers: who comes alone is answered at once, many who come one after the other share a transaction."""

import asyncio
import time

from tests.engine.api.conftest import Street

GATHER_S = 1.0
MANY = 10
SHARED = "select count(distinct xmin::text) from redemption where merchant_ref like 'many-%'"


async def test_many_share_a_transaction_and_nobody_waits_alone(closed_street: Street) -> None:
    """Ten who come within half a second are gathered by the second that is given here.

    They take two transactions or three: who was first finds an idle door and has the first alone.
    """
    street = closed_street
    await street.serve(api_gather_ms=int(GATHER_S * 1000))
    shop = await street.client()
    codes = [await street.code(await street.member(f"m-{n}", 100)) for n in range(MANY + 2)]

    async def redeem(ref: str, code: str, after_s: float = 0.0) -> float:
        await asyncio.sleep(after_s)
        began = time.monotonic()
        asked = {"merchant_ref": ref, "code": code, "points": 10, "capture": True}
        told = await shop.post("/v1/redemptions", json=asked, headers=street.key())
        assert told.status_code == 201, told.text
        return time.monotonic() - began

    await redeem("first", codes.pop())
    await asyncio.sleep(2 * GATHER_S)
    assert await redeem("alone", codes.pop()) < GATHER_S
    await asyncio.sleep(2 * GATHER_S)
    took = await asyncio.gather(*(redeem(f"many-{n}", code, n * 0.05) for n, code in enumerate(codes)))
    print(f"\n{[f'{1000 * one:.0f} ms' for one in took]}")
    assert await street.owner.fetchval(SHARED) in (1, 2, 3)
    assert await street.verdict() is None
