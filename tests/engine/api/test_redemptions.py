"""A merchant's redemption from the first request to the last, over HTTP."""

from tests.engine.api.conftest import Street


async def test_points_are_held_captured_and_reversed(street: Street) -> None:
    """Of 100 points 40 are held, 30 of them captured and the rest void: 70. 10 back: 80."""
    await street.member("m-1", 100)
    shop = await street.client()
    asked = {"merchant_ref": "r-1", "code": await street.code("m-1"), "points": 40}
    held = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": "k-1"})
    assert held.status_code == 201, held.text
    assert {name: held.json()[name] for name in ("state", "points", "merchant_ref", "merchant")} == {
        "state": "held", "points": 40, "merchant_ref": "r-1", "merchant": "wash-1",
    }  # fmt: skip
    assert await street.balance("m-1") == (60, 40)
    assert (await shop.get("/v1/redemptions/r-1")).content == held.content
    part = await shop.post("/v1/redemptions/r-1/capture", json={"points": 30}, headers={"Idempotency-Key": "k-2"})
    assert (part.status_code, part.json()["state"], part.json()["points"]) == (200, "captured", 30), part.text
    assert await street.balance("m-1") == (70, 0)
    back = await shop.post("/v1/redemptions/r-1/reverse", json={"points": 10}, headers={"Idempotency-Key": "k-3"})
    assert (back.status_code, back.json()["state"], back.json()["returned_points"]) == (200, "captured", 10)
    assert await street.balance("m-1") == (80, 0)
    assert await street.verdict() is None
