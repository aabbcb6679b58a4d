"""The database's clock was ahead and is put right: what is decided then would be stamped with days that are to come."""

import pytest

from tests.engine.api.conftest import Street


@pytest.mark.parametrize(("ahead_s", "status"), [(30, 201), (90, 503)])
async def test_nothing_is_decided_while_the_clock_is_a_minute_behind_its_stamps(
    street: Street, ahead_s: int, status: int
) -> None:
    shop = await street.client()
    await street.member("m-1", 100)
    asked = {"merchant_ref": "r-1", "code": await street.code("m-1"), "points": 10, "capture": True}
    await street.owner.execute(
        "update lane set stamped_at = now() + make_interval(secs => $1) where topic = 'loyalty.api'", ahead_s
    )
    key = street.key()
    told = await shop.post("/v1/redemptions", json=asked, headers=key)
    assert told.status_code == status, told.text
    if status == 503:
        assert told.json()["type"] == "/problems/unavailable"
        assert "the database's clock is behind" in street.said()
    await street.owner.execute("update lane set stamped_at = now() where topic = 'loyalty.api'")
    assert (await shop.post("/v1/redemptions", json=asked, headers=key)).status_code == 201
    assert await street.balance("m-1") == (90, 0)
