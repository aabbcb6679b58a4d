"""Merchants' finance over HTTP: files as they were closed, and a log compared with one. Each sees its own alone."""

import asyncio
import hashlib
from contextlib import suppress
from datetime import date
from typing import Any

import httpx

from engine.settlement import agreed, contract_file
from engine.settlement.settle import ordered, settled
from tests.engine.api.conftest import BANK, OTHER_BANK, Street

CONTRACTS = """
bank: {bank}
currency: CNY
merchants:
  wash-1:
    - {{from: 2020-01-01, benefit: shine, pays: 30.00 per unit, funded_by: {{bank: 70%, lube: 30%}}}}
    - {{from: 2020-01-01, points: reward, pays: 1.00 per 100 points, funded_by: {{bank: 100%}}}}
"""
CSV = {"Content-Type": "text/csv"}


async def settle(street: Street, bank: str = BANK) -> date:
    """Settles today, whatever it is."""
    programs = (await street.desk.handler.ledger.registries.read()).programs
    await agreed.add(street.owner, contract_file.read(CONTRACTS.format(bank=bank), "c.yaml", programs), "c.yaml")
    today: date = await street.owner.fetchval("select (clock_timestamp() at time zone 'UTC')::date")
    found = [one async for one in settled(street.pool, await ordered(street.pool, bank, today))]
    assert not [one for one in found if isinstance(one, Exception)]
    return today


async def redeem(street: Street, shop: httpx.AsyncClient, ref: str, **told: Any) -> None:
    asked = {"merchant_ref": ref, "code": await street.code("m-1"), "capture": True, **told}
    done = await shop.post("/v1/redemptions", json=asked, headers={"Idempotency-Key": ref})
    assert done.status_code == 201, done.text


async def test_what_was_redeemed_over_http_is_settled_shown_and_compared(street: Street) -> None:
    """150 points at 1.00 per 100 are 1.50, a shine is 30.00; the log forgets the shine and has one line too much."""
    await street.member("m-1", 1_000)
    shop = await street.client()
    await redeem(street, shop, "r-1", points=150)
    await redeem(street, shop, "r-2", benefit="shine")
    today = await settle(street)
    [file] = (await shop.get("/v1/settlements")).json()["items"]
    assert {name: file[name] for name in ("number", "business_date", "captures", "returns", "amount_minor")} == {
        "number": 1, "business_date": today.isoformat(), "captures": 2, "returns": 0, "amount_minor": 3_150,
    }  # fmt: skip
    text = await shop.get("/v1/settlements/1/file")
    assert (text.status_code, text.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert hashlib.sha256(text.text.rpartition("T,")[0].encode()).hexdigest() == file["sha256"]
    page = (await shop.get("/v1/settlements/1", params={"limit": 1})).json()
    rest = (await shop.get("/v1/settlements/1", params={"limit": 1, "cursor": page["next"]})).json()
    assert page["file"] == rest["file"] == file
    assert "next" not in rest
    assert [(x["merchant_ref"], x["funded"]) for x in page["items"] + rest["items"]] == [
        ("r-1", {"bank": 150}), ("r-2", {"bank": 2_100, "lube": 900}),
    ]  # fmt: skip
    log = "merchant_ref,state,units,points,amount_minor\nr-1,captured,0,150,150\nr-9,captured,1,0,3000\n"
    report = (await shop.post("/v1/settlements/1/reconciliations", content=log, headers=CSV)).json()
    assert {name: report[name] for name in ("lines", "matched", "log_minor", "file_minor", "untold")} == {
        "lines": 2, "matched": 1, "log_minor": 3_150, "file_minor": 3_150, "untold": 0,
    }  # fmt: skip
    assert [(d["kind"], d["merchant_ref"], d["difference_minor"]) for d in report["differences"]] == [
        ("missing-here", "r-9", 3_000), ("missing-at-merchant", "r-2", -3_000),
    ]  # fmt: skip


async def test_a_merchant_sees_its_own_files_alone(street: Street) -> None:
    """Another merchant, and one of the same name at another bank, find nothing; the bank's people say whose."""
    await street.member("m-1", 1_000)
    await redeem(street, await street.client(), "r-1", points=150)
    await settle(street)
    for other in (await street.client(holder="wash-2"), await street.client(bank=OTHER_BANK)):
        assert (await other.get("/v1/settlements")).json()["items"] == []
        asked = (other.get("/v1/settlements/1"), other.get("/v1/settlements/1/file"), _log(other))
        assert [one.status_code for one in await asyncio.gather(*asked)] == [404, 404, 404]
    neighbour = await street.client(holder="wash-2")
    assert (await neighbour.get("/v1/settlements", params={"merchant": "wash-1"})).status_code == 404
    auditor = await street.client("auditor", "ada")
    assert (await auditor.get("/v1/settlements")).status_code == 422
    [file] = (await auditor.get("/v1/settlements", params={"merchant": "wash-1"})).json()["items"]
    assert file["amount_minor"] == 150
    foreign = await street.client("auditor", "ada", OTHER_BANK)
    assert (await foreign.get("/v1/settlements", params={"merchant": "wash-1"})).json()["items"] == []
    assert (await (await street.client("channel", "app")).get("/v1/settlements")).status_code == 403


HEAD = "merchant_ref,state,units,points,amount_minor\n"


async def _log(client: httpx.AsyncClient, log: str = HEAD) -> httpx.Response:
    return await client.post("/v1/settlements/1/reconciliations", content=log, headers=CSV)


async def test_a_log_that_cannot_be_compared_says_why(street: Street) -> None:
    await settle(street)
    shop = await street.client()
    for log, said in (
        ("ref;state\n", "line 1: expected the columns merchant_ref,state,units,points,amount_minor"),
        (HEAD + "r-1,gone,,,\n", "line 2: state: expected captured or reversed, not 'gone'"),
    ):
        refused = await _log(shop, log)
        assert (refused.status_code, refused.json()["detail"]) == (422, said), refused.text


async def test_a_log_may_be_longer_than_other_requests_and_has_an_end_too(street: Street) -> None:
    """40,000 lines that nobody knows are a difference each, of which the first thousand are told."""
    await settle(street)
    shop = await street.client()
    many = await _log(shop, HEAD + "".join(f"r-{n},captured,0,1,1\n" for n in range(40_000)))
    assert many.status_code == 200, many.text
    report = many.json()
    assert (report["kinds"], report["untold"], len(report["differences"])) == (
        {"missing-here": {"count": 40_000, "difference_minor": 40_000}}, 39_000, 1_000,
    )  # fmt: skip
    reader, writer = await asyncio.open_connection(shop.base_url.host, shop.base_url.port)
    writer.write(b"POST /v1/settlements/1/reconciliations HTTP/1.1\r\nHost: x\r\nContent-Length: 4194305\r\n\r\n")
    assert b" 413 " in await reader.readline()
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()
