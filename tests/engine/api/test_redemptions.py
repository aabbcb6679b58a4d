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


async def test_a_voucher_gives_units_of_its_grant_and_no_points(street: Street) -> None:
    """15.00 where 10.00 are covered: a voucher leaves 5.00 to money, of 100 points none; a shown code takes 10."""
    await street.member("m-1", 100)
    shop = await street.client()
    wash = {"benefit": "wash", "amount_minor": 1_500, "currency": "CNY", "capture": True}
    code = await street.voucher("m-1", "wash")
    looked = (await shop.post("/v1/codes/look-up", json={"code": code})).json()
    assert (looked["points"], [one["benefit"] for one in looked["benefits"]]) == ([], ["wash"])
    greedy = {"merchant_ref": "r-1", "code": code, **wash, "excess": "points"}
    refused = await shop.post("/v1/redemptions", json=greedy, headers=street.key())
    assert refused.json()["type"] == "/problems/points-not-taken", refused.text
    told = []
    for ref, one in (("r-2", await street.voucher("m-1", "wash")), ("r-3", await street.code("m-1"))):
        asked = {"merchant_ref": ref, "code": one, **wash}
        told.append((await shop.post("/v1/redemptions", json=asked, headers=street.key())).json())
    assert [(one.get("points", 0), one["payable_minor"]) for one in told] == [(0, 500), (10, 0)]
    assert await street.balance("m-1") == (90, 0)
    assert await street.verdict() is None


async def test_what_a_survivor_was_charged_is_found_under_the_merchants_reference(street: Street) -> None:
    """m-1 merged into m-2, which merged into m-3 of 100 points: a code of m-1 takes 30 of them.

    So does what was claimed of m-1 and decided of m-3: its reference still names m-1.
    """
    for name, points in (("m-1", 0), ("m-2", 0), ("m-3", 100)):
        await street.member(name, points)
    code = await street.code("m-1")
    await street.merge("m-1", "m-2")
    await street.merge("m-2", "m-3")
    shop = await street.client()
    asked = {"merchant_ref": "r-1", "code": code, "points": 30, "capture": True}
    taken = await shop.post("/v1/redemptions", json=asked, headers=street.key())
    assert (taken.status_code, taken.json()["state"]) == (201, "captured"), taken.text
    assert await street.balance("m-3") == (70, 0)
    await street.owner.execute("set session_replication_role = replica")
    await street.owner.execute("update merchant_reference set member_id = 'm-1'")
    looked = await shop.get("/v1/redemptions/r-1")
    assert (looked.status_code, looked.content) == (200, taken.content)
