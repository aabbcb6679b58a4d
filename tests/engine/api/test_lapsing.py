"""A hold's time is over in the moment in which its shop ends it: one of the two, never both."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from engine.store import references
from tests.chaos.traffic import event, sent
from tests.engine.api.conftest import BANK, Street

MINUTES = 5
EACH = 10
"""Holds that a member may have at once."""


@pytest.mark.parametrize("verb", ["capture", "void"])
async def test_a_hold_that_is_over_is_ended_once(closed_street: Street, verb: str, full: bool) -> None:
    """Holds of five minutes ago, whose last moments lie in two seconds soon, while the sweeper sweeps."""
    street, members, draw = closed_street, 100 if full else 6, random.Random(18)
    await street.serve(api_sweep_s=0.05)
    shop = await street.client()
    for number in range(members):
        await street.member(f"m-{number}", EACH)
    ends = {f"{verb}-{n}-{k}": (f"m-{n}", 2.0 * k / EACH) for n in range(members) for k in range(EACH)}
    of = {references.reference(BANK, "wash-1", ref): (BANK, "wash-1", member) for ref, (member, _) in ends.items()}
    await references.claim(street.owner, of)
    begins = datetime.now(UTC) + timedelta(seconds=members / 10 + 2)
    told = [
        sent(event("redemption.hold-requested.v1", ref, member, begins + timedelta(seconds=s, minutes=-MINUTES), {
            "merchant": "wash-1", "merchant_ref": ref, "network": "car", "points": 1, "hold_minutes": MINUTES,
        }))
        for ref, (member, s) in sorted(ends.items(), key=lambda one: one[1][1])
    ]  # fmt: skip
    await street.desk.handle(*told)

    async def end(ref: str, at_s: float) -> str:
        early_s = draw.uniform(-1.0, 2.0)  # two thirds ask before the last moment, a third after it
        await asyncio.sleep(max(0.0, at_s - early_s - (datetime.now(UTC) - begins).total_seconds()))
        said = (await shop.post(f"/v1/redemptions/{ref}/{verb}", json={}, headers=street.key())).json()
        return str(said.get("state", said.get("type")))

    came = Counter(await asyncio.gather(*(end(ref, at_s) for ref, (_, at_s) in ends.items())))
    won = {"capture": "captured", "void": "voided"}[verb]
    assert set(came) == {won, "/problems/already-lapsed"}
    while await street.owner.fetchval("select sum(held) from balance"):  # noqa: ASYNC110  # the sweeper does it
        await asyncio.sleep(0.05)
    kept = await street.owner.fetch("select merchant_ref, array_agg(state order by member_version) from redemption "
                                    "group by 1")  # fmt: skip
    states = Counter(tuple(row[1]) for row in kept)
    print(f"\n{dict(came)}; {dict(states)}")
    assert states == {one: n for one, n in ((("held", won), came[won]),
                                            (("held", "lapsed"), members * EACH - came[won])) if n}  # fmt: skip
    left = await street.owner.fetchval("select sum(available) from balance")
    assert left == members * EACH - (came[won] if verb == "capture" else 0)
    assert await street.verdict() is None
