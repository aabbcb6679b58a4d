"""A member begins no more redemptions a day than the program allows, however many ask at once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.conftest import Databases
from tests.engine.api.conftest import MERCHANTS, PROGRAM, Street, opened


@pytest.fixture(scope="module")
def template(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Banks whose programs let a member begin three redemptions a day."""
    program = PROGRAM + "spending: {{redemptions: {{per_day: 3}}}}\n"
    with opened(databases, tmp_path_factory.mktemp("banks"), program, MERCHANTS) as url:
        yield url


async def test_of_twenty_at_once_three_begin(street: Street) -> None:
    """The days are of UTC. The others are told when to come again, and hear the same then."""
    await street.member("m-1", 100)
    shop = await street.client()
    codes = [await street.code("m-1") for _ in range(20)]

    async def redeem(n: int) -> httpx.Response:
        asked = {"merchant_ref": f"r-{n}", "code": codes[n], "points": 1, "capture": True}
        return await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": f"k-{n}"})

    told = await asyncio.gather(*map(redeem, range(20)))
    by_day = Counter(row[0] for row in await street.owner.fetch("select used_on from redemption"))
    assert set(by_day.values()) == {3}
    assert sum(one.status_code == 201 for one in told) == 3 * len(by_day)
    refused = next(n for n, one in enumerate(told) if one.status_code != 201)
    assert (told[refused].status_code, told[refused].json()["type"]) == (422, "/problems/too-many-today")
    midnight = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time.min, UTC)
    assert midnight - parsedate_to_datetime(told[refused].headers["retry-after"]) in (timedelta(0), timedelta(days=1))
    again = await redeem(refused)
    assert (again.status_code, again.content) == (422, told[refused].content)
    assert again.headers["retry-after"] == told[refused].headers["retry-after"]
    assert await street.verdict() is None
