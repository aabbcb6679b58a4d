"""What a channel sees of a customer, and does for it, over HTTP. A yuan spent is a point, and growth of the same."""

from datetime import date
from itertools import count
from typing import Any

import httpx
import pytest

from engine.api.cursor import written
from tests.chaos.traffic import purchase, sent
from tests.engine.api.conftest import OTHER_BANK, Street

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAMES = count(1)


@pytest.fixture
def m() -> str:
    """A customer's name that no other test has."""
    return f"m-{next(NAMES)}"


def of(m: str, path: str = "") -> str:
    return f"/v1/members/{m}{path}"


def month_ends_after(day: date) -> date:
    """Points live twelve months, to the end of that month: the first day of the thirteenth is not valid."""
    return date(day.year + 1 + (day.month == 12), day.month % 12 + 1, 1)


async def app(street: Street) -> httpx.AsyncClient:
    return await street.client("channel", "mobile-bank")


async def test_a_customer_is_shown(street: Street, m: str) -> None:
    """120 yuan were spent, and growth of 500 makes core."""
    await street.member(m, 120)
    shown = (await (await app(street)).get(of(m))).json()
    ends = month_ends_after(street.at.date())
    last = date.fromordinal(ends.toordinal() - 1)
    points = {"available": 120, "pending": 0, "held": 0, "deficit": 0}
    assert {name: shown[name] for name in ("member_id", "version", "status", "score", "balances", "expiring")} == {
        "member_id": m, "version": 2, "status": "enrolled", "score": 0,
        "balances": [{"point_type": "reward", "label": "Points", **points},
                     {"point_type": "growth", "label": "Growth", **points}],
        "expiring": [{"point_type": "reward", "month": f"{last:%Y-%m}", "points": 120, "from_day": str(ends)}],
    }  # fmt: skip
    asked = {"metric": "grown", "label": "growth of the year", "has": 120, "asks": 500, "missing": 380}
    assert shown["tier"] == {
        "tier": "basic", "label": "Basic", "projected": "basic",
        "next": {"tier": "core", "label": "Core", "match": "any", "met": False, "conditions": [asked]},
    }  # fmt: skip


async def test_it_is_told_in_the_language_that_is_wanted(street: Street, m: str) -> None:
    await street.member(m, 120)
    client = await app(street)
    for wanted, tier in (("zh-CN,zh;q=0.9,en;q=0.8", "普通"), ("fr, en;q=0.5, zh;q=0.1", "Basic"), ("de", "Basic")):
        got = await client.get(of(m), headers={"Accept-Language": wanted})
        assert got.json()["tier"]["label"] == tier
        assert got.headers["vary"] == "Accept-Language"


async def test_what_has_not_changed_is_not_sent_again(street: Street, m: str) -> None:
    await street.member(m, 120)
    client = await app(street)
    first = await client.get(of(m))
    again = await client.get(of(m), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = await client.get(of(m), headers={"If-None-Match": first.headers["etag"], "Accept-Language": "zh"})
    assert other.status_code == 200
    await street.desk.handle(sent(purchase(f"buy-2-{m}", m, street.at, minor=100)))
    changed = await client.get(of(m), headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["version"]) == (200, 3)


async def test_a_channel_sees_what_it_wrote_or_is_told_to_wait(street: Street, m: str) -> None:
    """Version 2 after joining and buying; 60 points buy two rides, which is version 3."""
    await street.member(m, 120)
    client = await app(street)
    early = await client.get(of(m), params={"min_version": 3})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/version-not-reached")
    assert early.headers["retry-after"] == "1"
    asked = {"json": {"benefit": "ride", "units": 2}, "headers": {"Idempotency-Key": f"p-1-{m}"}}
    bought = await client.post(of(m, "/purchases"), **asked)  # type: ignore[arg-type]
    assert (bought.status_code, bought.json()["member_version"], bought.json()["points"]) == (201, 3, -60), bought.text
    seen = await client.get(of(m), params={"min_version": 3})
    assert (seen.status_code, seen.json()["balances"][0]["available"]) == (200, 60)
    assert (await client.post(of(m, "/purchases"), **asked)).content == bought.content  # type: ignore[arg-type]
    assert await street.balance(m) == (60, 0)
    granted = (await client.get(of(m, "/benefits"))).json()["granted"]
    assert sorted((one["benefit"], one["units"], one["left"]) for one in granted) == [("ride", 2, 2), ("wash", 1, 1)]
    assert await street.verdict() is None


async def test_units_of_one_benefit_become_units_of_another(street: Street, m: str) -> None:
    """One wash is two rides; the wash is gone then, and a second time there is none."""
    await street.member(m)
    client = await app(street)
    asked = {"benefit": "wash", "into": "ride"}
    turned = await client.post(of(m, "/conversions"), json=asked, headers={"Idempotency-Key": f"c-1-{m}"})
    assert (turned.status_code, turned.json()["units"], turned.json()["points"]) == (201, 2, 0), turned.text
    again = await client.post(of(m, "/conversions"), json=asked, headers={"Idempotency-Key": f"c-2-{m}"})
    assert (again.status_code, again.json()["type"]) == (422, "/problems/benefit-used-up")
    granted = (await client.get(of(m, "/benefits"))).json()["granted"]
    assert [(one["benefit"], one["left"]) for one in granted] == [("ride", 2)]


async def test_postings_come_page_by_page_with_what_explains_them(street: Street, m: str) -> None:
    """Five purchases of 1 to 5 yuan give two postings each; a page of three ends in the middle of an event."""
    await street.member(m)
    for yuan in range(1, 6):
        await street.desk.handle(sent(purchase(f"buy-{yuan}-{m}", m, street.at, minor=yuan * 100)))
    client = await app(street)
    found: list[Any] = []
    more: str | None = None
    for expected in (3, 3, 3, 1):
        asked = {"limit": "3"} | ({"cursor": more} if more else {})
        page = (await client.get(of(m, "/postings"), params=asked, headers={"Accept-Language": "zh"})).json()
        assert len(page["items"]) == expected
        found, more = found + page["items"], page.get("next")
    assert more is None
    told = [(5, "reward"), (5, "growth"), (4, "reward"), (4, "growth"), (3, "reward"), (3, "growth")]
    assert [(one["points"], one["point_type"]) for one in found][:6] == told
    assert len({one["posting_id"] for one in found}) == 10
    last = date.fromordinal(month_ends_after(street.at.date()).toordinal() - 1)
    comma, colon = "\uff0c", "\uff1a"
    assert found[0]["explanation"] == f"刷卡消费{colon}满1.00元共5档{comma}每档1 = 5积分。有效期至{last}。"
    assert found[0]["sum"] == {
        "sign": 1, "basis": 5, "rate_numerator": 1, "rate_denominator": 1, "carried": "0", "rounding": "down",
        "desired_points": 5,
    }  # fmt: skip


async def test_a_code_is_good_at_the_shop_and_the_redemption_is_seen(street: Street, m: str) -> None:
    await street.member(m, 120)
    client, shop = await app(street), await street.client()
    shown = await client.post(of(m, "/codes"), json={})
    assert shown.status_code == 201, shown.text
    asked = {"merchant_ref": f"r-1-{m}", "code": shown.json()["code"], "points": 40, "capture": True}
    redeemed = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": f"k-1-{m}"})
    assert redeemed.status_code == 201, redeemed.text
    one = (await client.get(of(m, "/redemptions"))).json()["items"][0]
    assert {name: one[name] for name in ("merchant", "merchant_ref", "state", "points", "returned_points")} == {
        "merchant": "wash-1", "merchant_ref": f"r-1-{m}", "state": "captured", "points": 40, "returned_points": 0,
    }  # fmt: skip
    newest = (await client.get(of(m, "/postings"))).json()["items"][0]
    assert (newest["points"], newest["explanation"]) == (-40, "40 Points spent at wash-1.")


async def test_a_code_of_a_grant_is_good_for_it_alone(street: Street, m: str) -> None:
    await street.member(m, 120)
    client, shop = await app(street), await street.client()
    grant = (await client.get(of(m, "/benefits"))).json()["granted"][0]
    shown = await client.post(of(m, "/codes"), json={"grant_id": grant["grant_id"]})
    code = shown.json()["code"]

    async def asked(number: int, **what: Any) -> Any:
        body = {"merchant_ref": f"r-{number}-{m}", "code": code} | what
        return await shop.post("/v1/redemptions", json=body, headers={"Idempotency-Key": f"k-{number}-{m}"})

    for wrong in (await asked(0, points=40), await asked(1, benefit="ride", units=1)):
        assert wrong.json()["type"] == "/problems/code-for-another-benefit"
    right = await asked(2, benefit=grant["benefit"], units=1)
    assert (right.status_code, right.json()["units"]) == (201, 1), right.text
    assert (await asked(3, benefit=grant["benefit"], units=1)).json()["type"] == "/problems/code-used"
    nobodys = await client.post(of(m, "/codes"), json={"grant_id": "00000000-0000-0000-0000-000000000000"})
    assert nobodys.status_code == 404


async def test_what_fifty_thousand_in_twelve_months_would_bring(street: Street, m: str) -> None:
    """50 thousands × 10 × 2 = 1,000, of which the month's cap leaves 900; nothing is recorded."""
    await street.member(m, 120)
    client = await app(street)
    data = {"product": "term", "amount_minor": 5_000_000, "balance_minor": 5_000_000, "tenor_months": 12,
            "new_money": True, "renewal": False}  # fmt: skip
    answer = await client.post(of(m, "/what-if"), json={"type": "term-deposit.opened", "data": data})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["points"], answer.json()["tier"]) == ({"reward": 900}, "basic")
    assert "900 of 1,000 count" in answer.json()["now"][0]["explanation"]
    bought = {"type": "card.purchased", "data": {"amount_minor": 38_000, "mcc": "5411", "channel": "pos"}}
    answer = await client.post(of(m, "/what-if"), json=bought)
    assert (answer.json()["tier"], answer.json()["tier_otherwise"]) == ("core", "basic")
    assert answer.json()["grants"] == ["wash"]
    assert (await client.get(of(m))).json()["version"] == 2


async def test_a_close_ahead_counts_what_is_kept_until_then(street: Street, m: str) -> None:
    """100,000 kept to the end of next month average 100,000 in it: 100 points more than without."""
    await street.member(m)
    this = street.at.date().replace(day=1)
    ends = [date(this.year + (this.month + n > 12), (this.month + n - 1) % 12 + 1, 1) for n in (1, 2)]
    data = {"product": "term", "balance_minor": 10_000_000}
    asked = {"type": "deposit.balance-changed", "data": data, "through": str(ends[1])}
    answer = (await (await app(street)).post(of(m, "/what-if"), json=asked)).json()
    next_month = str(date.fromordinal(ends[1].toordinal() - 1))
    assert [one["points"] for one in answer["later"] if one["on"] == next_month] == [100]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"type": "member.closed", "data": {}}, "/type"),
        ({"type": "bill.paid", "data": {"kind": "gas"}}, "/data/amount_minor"),
        ({"type": "bill.paid", "data": {"kind": "gas", "amount_minor": 2**70}}, "/data"),
        ({"type": "bill.paid", "data": {"kind": "gas", "amount_minor": 1}, "through": "2020-01-01"}, "/through"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_told_why(street: Street, m: str, asked: Any, pointer: str) -> None:
    await street.member(m)
    answer = await (await app(street)).post(of(m, "/what-if"), json=asked)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert answer.json()["detail"].startswith(f"body {pointer}")


async def test_nobody_sees_another_banks_customers_and_no_merchant_any(street: Street, m: str) -> None:
    await street.member(m, 120)
    writes = {"purchases": {"benefit": "ride", "units": 1}, "conversions": {"benefit": "wash", "into": "ride"},
              "codes": {}, "what-if": {"type": "task.completed", "data": {"task": "quiz"}}}  # fmt: skip
    for client, status in (
        (await street.client("channel", "other", OTHER_BANK), 404),
        (await street.client("merchant", "wash-1"), 403),
    ):
        for path in ("", "/postings", "/benefits", "/redemptions", "/notifications"):
            assert (await client.get(of(m, path))).status_code == status, path
        for path, body in writes.items():
            written = await client.post(of(m, f"/{path}"), json=body, headers={"Idempotency-Key": f"x-{path}-{m}"})
            assert written.status_code == status, path
        put = await client.put(of(m, "/notifications"), json={"tier_will_change": True})
        assert put.status_code == status
    assert await street.owner.fetchval("select count(*) from member where member_id = $1", m) == 1


async def test_a_cursor_of_another_page_is_refused(street: Street, m: str) -> None:
    await street.member(m, 120)
    client = await app(street)
    more = (await client.get(of(m, "/postings"), params={"limit": "1"})).json()["next"]
    forms: list[Any] = [
        [2**63, "a", "b", 0], [-1, "a", "b", 0], [1, "a\0", "b", 0], [1, "a", "b"], [None] * 4, {"a": 1},
    ]  # fmt: skip
    forged = [written(values) for values in forms]
    wrong = [(of(m, "/redemptions"), more), *((of(m, "/postings"), one) for one in ("e30", "A", *forged))]
    wrong.append(("/v1/signals", written(["2026-01-01T00:00:00", "0" * 32])))
    for path, cursor in wrong:
        answer = await client.get(path, params={"cursor": cursor, "manager": "mgr-7"})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request"), path
