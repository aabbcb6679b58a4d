"""What looks unlike a merchant: more captures in an hour than is usual there, and wrong codes told again and again."""

import pytest

from tests.engine.api.conftest import BANK, OTHER_BANK
from tests.engine.staff.conftest import Office

pytestmark = pytest.mark.asyncio(loop_scope="module")
FILES = (
    "insert into settlement_file (bank, merchant, number, business_date, currency, after_seq, through_seq, captures, "
    "returns, value_minor, amount_minor, digest) "
    "select $1, 'wash-1', n, current_date - 29 + n::int, 'CNY', 0, 0, $2, 0, 0, 0, sha256('') "
    "from generate_series(1, 28) n"
)


async def told(office: Office, bank: str = BANK, **asked: int) -> list[tuple[str, str, int, float]]:
    got = await (await office.as_("operator", "li-wei", bank)).get("/v1/anomalies", params=asked)
    assert got.status_code == 200, got.text
    return [tuple(one.values()) for one in got.json()["items"]]


async def test_a_merchant_is_busy_beyond_so_many_times_its_usual_hour(office: Office) -> None:
    """24 captures a day for 28 days are one an hour. Six in the last hour are more than 5 times it and not than 6.

    One is held and one given back in part: neither is another capture. What was an hour ago does not count.
    """
    street = office.street
    await street.member("m-1", 100)
    shop = await street.client()
    for n in range(7):
        asked = {"merchant_ref": f"r-{n}", "code": await street.code("m-1"), "points": 2, "capture": n > 0}
        assert (await shop.post("/v1/redemptions", json=asked, headers=street.key())).status_code == 201
    back = await shop.post("/v1/redemptions/r-6/reverse", json={"points": 1}, headers=street.key())
    assert back.status_code == 200
    assert await told(office, captures=6, times=5) == [("merchant-busy", "merchant/wash-1", 6, 0.0)]
    await street.owner.execute(FILES, BANK, 24)
    assert await told(office, captures=6, times=5) == [("merchant-busy", "merchant/wash-1", 6, 1.0)]
    assert await told(office, captures=6, times=6) == []
    assert await told(office, captures=7, times=5) == []
    assert await told(office, OTHER_BANK, captures=1, times=1) == []
    await street.owner.execute("set session_replication_role = replica")
    await street.owner.execute("update journal set recorded_at = recorded_at - interval '61 minutes'")
    await street.owner.execute("reset session_replication_role")
    assert await told(office, captures=1, times=5) == []


async def test_who_tells_wrong_codes_again_and_again_is_named_to_its_bank_alone(office: Office) -> None:
    """Three wrong ones; and who looks on has to be one of the bank's people."""
    shop = await office.street.client()
    for _ in range(3):
        wrong = await shop.post("/v1/codes/look-up", json={"code": "7H3K-9QWX-52TM-B"}, headers=office.street.key())
        assert wrong.status_code == 404
    assert await told(office, wrong_codes=3) == [("codes-guessed", "merchant/wash-1", 3, 0.0)]
    assert await told(office, wrong_codes=4) == []
    assert await told(office, OTHER_BANK, wrong_codes=1) == []
    assert (await shop.get("/v1/anomalies")).status_code == 403
