"""A write is done once under its key, and answered with the same bytes for ever."""

import asyncio

from engine.store.sql import statement
from tests.engine.api.conftest import BANK, OTHER_BANK, Street


async def test_the_same_again_is_answered_with_the_same_bytes(street: Street) -> None:
    """A hold and a refusal alike; 40 of 100 are held once."""
    await street.member("m-1", 100)
    shop = await street.client()
    for ref, points, status in (("r-1", 40, 201), ("r-2", 400, 422)):
        asked = {"merchant_ref": ref, "code": await street.code("m-1"), "points": points}
        first = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": ref})
        again = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": ref})
        assert first.status_code == again.status_code == status, first.text
        assert first.content == again.content
        assert first.headers["content-type"] == again.headers["content-type"]
    assert await street.balance("m-1") == (60, 40)
    assert await street.owner.fetchval("select count(*) from redemption") == 1
    assert await street.owner.fetchval("select count(*) from refusal") == 1


async def test_the_same_key_for_another_request_is_refused(street: Street) -> None:
    await street.member("m-1", 100)
    shop = await street.client()
    asked = {"merchant_ref": "r-1", "code": await street.code("m-1"), "points": 40}
    assert (await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": "k"})).status_code == 201
    other = await shop.post("/v1/redemptions", json=asked | {"points": 41}, headers={"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    capture = await shop.post("/v1/redemptions/r-1/capture", json={}, headers={"Idempotency-Key": "k"})
    assert (capture.status_code, capture.json()["type"]) == (422, "/problems/key-reused")
    assert await street.balance("m-1") == (60, 40)


async def test_keys_are_each_merchants_own(street: Street) -> None:
    """Three shops, one of another bank, use one key and one reference: three redemptions."""
    await street.member("m-1", 100)
    await street.member("m-1", 100, OTHER_BANK)
    for holder, bank in (("wash-1", "corner"), ("wash-2", "corner"), ("wash-1", OTHER_BANK)):
        shop = await street.client("merchant", holder, bank)
        asked = {"merchant_ref": "r-1", "code": await street.code("m-1", bank), "points": 10, "capture": True}
        done = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": "k"})
        assert (done.status_code, done.json()["state"]) == (201, "captured"), done.text
    assert await street.balance("m-1") == (80, 0)
    assert await street.balance("m-1", OTHER_BANK) == (90, 0)


async def test_the_same_at_once_is_done_once(street: Street) -> None:
    """64 at once: one decides, the others wait for its bytes or are told 409 to ask again."""
    await street.member("m-1", 100)
    shop = await street.client()
    asked = {"merchant_ref": "r-1", "code": await street.code("m-1"), "points": 40}
    told = await asyncio.gather(
        *(shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": "k"}) for _ in range(64))
    )
    good = {one.content for one in told if one.status_code == 201}
    assert len(good) == 1
    assert {one.status_code for one in told} <= {201, 409}
    assert all(one.headers["retry-after"] == "1" for one in told if one.status_code == 409)
    assert await street.balance("m-1") == (60, 40)


async def test_a_storm_with_the_same_reference_and_many_keys_is_one_redemption(street: Street) -> None:
    """Who forgot its key asks under new ones; the reference is the same, so it is the same redemption."""
    await street.member("m-1", 100)
    shop = await street.client()
    asked = {"merchant_ref": "r-1", "code": await street.code("m-1"), "points": 40}
    told = await asyncio.gather(*(shop.post("/v1/redemptions", json=asked, headers=street.key()) for _ in range(32)))
    assert {one.status_code for one in told} == {201}
    assert len({one.content for one in told}) == 1
    assert await street.balance("m-1") == (60, 40)


async def test_a_write_without_a_key_is_not_taken(street: Street) -> None:
    shop = await street.client()
    told = await shop.post("/v1/redemptions", json={"merchant_ref": "r-1", "code": "0" * 13, "points": 1})
    assert (told.status_code, told.json()["type"]) == (400, "/problems/key-missing")


async def test_an_answer_stands_whatever_became_of_the_member_or_the_merchant(street: Street) -> None:
    """40 of m-1's 100 are taken; then m-1 merges into m-2, the shop is suspended, and the same requests come again.

    What was never asked is refused as anybody's would be, and moves nothing.
    """
    await street.member("m-1", 100)
    await street.member("m-2")
    shop = await street.client()
    code = await street.code("m-1")
    asked = {"merchant_ref": "r-1", "code": code, "points": 40, "capture": True}
    key = {"Idempotency-Key": "k-1"}
    first = await shop.post("/v1/redemptions", json=asked, headers=key)
    assert first.status_code == 201, first.text
    await street.merge("m-1", "m-2")
    assert (await shop.post("/v1/redemptions", json=asked, headers=key)).content == first.content
    await street.owner.execute(statement("change_merchant_status"), BANK, "wash-1", "suspended")
    again = await shop.post("/v1/redemptions", json=asked, headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    other = await shop.post("/v1/redemptions", json=asked | {"points": 41}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    new = await shop.post("/v1/redemptions", json=asked, headers=street.key())
    assert (new.status_code, new.json()["type"]) == (403, "/problems/merchant-suspended")
    assert await street.owner.fetchval("select count(*) from redemption") == 1


async def test_a_code_past_its_time_is_good_for_its_reference_for_minutes_only(street: Street) -> None:
    """The first request asks for 400 of 100 points and is refused; the code's second is over before the next.

    Five minutes are given: a new key four minutes after the use is heard, one six minutes after is not, and the answer
    of the first stands.
    """
    await street.member("m-1", 100)
    shop = await street.client()
    asked = {"merchant_ref": "r-1", "code": await street.code("m-1", good_for_s=1), "points": 400}
    first = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, first.json()["type"]) == (422, "/problems/not-enough-points")
    await asyncio.sleep(1.1)
    await street.owner.execute("set session_replication_role = replica")
    await street.owner.execute("update code_use set recorded_at = now() - interval '4 minutes'")
    heard = await shop.post("/v1/redemptions", json=asked, headers=street.key())
    assert (heard.status_code, heard.json()["type"]) == (422, "/problems/not-enough-points")
    await street.owner.execute("update code_use set recorded_at = now() - interval '6 minutes'")
    late = await shop.post("/v1/redemptions", json=asked | {"points": 50}, headers=street.key())
    assert (late.status_code, late.json()["type"]) == (422, "/problems/code-expired")
    again = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": "k-1"})
    assert again.content == first.content
    assert await street.balance("m-1") == (100, 0)
