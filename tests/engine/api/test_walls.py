"""What stands between a caller and what is not theirs (every object of others: `test_foreign`)."""

import asyncio
import re
from typing import Any, get_args

import asyncpg
import httpx
import pytest

from engine.api.keys import Role
from engine.settings import load
from engine.store import connect
from engine.store.sql import statement
from tests.engine.api.conftest import BANK, OTHER_BANK, Street

ROLES: tuple[Role, ...] = get_args(Role)
PAYLOADS = (
    "' or '1'='1", "'; drop table points.member; --", "1) union select secret_hash from api_key --", "$1", "\\x00",
    "%27%20or%201=1", "'||pg_sleep(30)||'", "{{7*7}}", "../../etc/passwd", "\u202e\u0000x", "\U0001f600",
)  # fmt: skip


async def operations(street: Street) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation that the API tells of."""
    async with httpx.AsyncClient(base_url=street.address) as client:
        told = (await client.get("/openapi.json")).json()
    return [
        (method.upper(), path, operation)
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    ]


def body_of(operation: dict[str, Any], told: dict[str, Any]) -> dict[str, Any] | None:
    """The first example of an operation's body."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" not in schema:
        return None
    named = told["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    example: dict[str, Any] = named.get("examples", [{}])[0]
    return example


async def described(street: Street) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=street.address) as client:
        told: dict[str, Any] = (await client.get("/openapi.json")).json()
    return told


def addressed(path: str, **named: str) -> str:
    """A path with its parameters filled in: those named, the others with an id that nothing has."""
    return re.sub(r"\{(\w+)\}", lambda found: named.get(found[1], "x-1"), path)


async def test_without_a_key_nothing_is_told(street: Street) -> None:
    """Every operation, as whoever has no key, or one that is not known."""
    told = await described(street)
    async with httpx.AsyncClient(base_url=street.address) as client:
        for authorization in {}, {"Authorization": f"Bearer pk_{'q' * 10}_{'x' * 43}"}:
            for method, path, operation in await operations(street):
                headers = street.key() | authorization
                answer = await client.request(method, addressed(path), json=body_of(operation, told), headers=headers)
                assert answer.status_code in (401, 429), (method, path, answer.text)


async def test_merchants_paths_are_merchants_alone(street: Street) -> None:
    for role in ROLES:
        client = await street.client(role, "wash-1" if role == "merchant" else f"{role}-1")
        for verb, expected in (("capture", 404), ("void", 404), ("reverse", 404)):
            told = await client.post(f"/v1/redemptions/r-1/{verb}", json={}, headers=street.key())
            assert told.status_code == (expected if role == "merchant" else 403)


async def test_another_banks_code_is_not_known(street: Street) -> None:
    await street.member("m-1", 100, OTHER_BANK)
    code = await street.code("m-1", OTHER_BANK)
    shop = await street.client()
    for path, body in (
        ("/v1/codes/look-up", {"code": code}),
        ("/v1/redemptions", {"code": code, "merchant_ref": "r-1", "points": 1}),
    ):
        told = await shop.post(path, json=body, headers=street.key())
        assert (told.status_code, told.json()["type"]) == (404, "/problems/unknown-code")


async def test_row_security_is_a_second_wall(street: Street) -> None:
    """The reading role sees nothing without a bank, its bank's with one, a merchant its own, and one member alone."""
    for bank, name in ((BANK, "m-1"), (BANK, "m-2"), (OTHER_BANK, "m-1")):
        await street.member(name, 50, bank)
    for holder in ("wash-1", "wash-2"):
        shop = await street.client("merchant", holder)
        asked = {"merchant_ref": "r", "code": await street.code("m-1"), "points": 1}
        assert (await shop.post("/v1/redemptions", json=asked, headers=street.key())).status_code == 201
    pool = await connect.pool(load(**street.settings()), connect.READER)
    seen = []
    for narrowed in ("", "", ""), (BANK, "", ""), (BANK, "wash-1", "m-1"), (BANK, "wash-1", ""), (OTHER_BANK, "", ""):
        async with pool.acquire() as session, session.transaction():
            await session.execute(statement("narrow"), *narrowed)
            seen.append([
                await session.fetchval(f"select count(*) from {table}")
                for table in ("member", "posting", "redemption", "code", "balance", "merchant", "api_key")
            ])  # fmt: skip
    assert seen == [
        [0, 0, 0, 0, 0, 0, 0], [2, 2, 2, 2, 2, 3, 2], [1, 1, 1, 2, 1, 1, 0], [0, 0, 1, 0, 0, 1, 0],
        [1, 1, 0, 0, 1, 1, 0],
    ]  # fmt: skip
    for forbidden in ("select * from journal", "select * from outbox", "delete from member", "select * from seen"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(forbidden)
    pool.terminate()


async def test_fields_that_nobody_asked_for_are_refused(street: Street) -> None:
    """On every operation with a body; a value of another type is not converted either."""
    told = await described(street)
    shop = await street.client()
    for method, path, operation in await operations(street):
        body = body_of(operation, told)
        if body is None or "/v1/redemptions" not in path:
            continue
        for extra in {"merchant": "wash-2"}, {"role": "operator"}, {"bank": OTHER_BANK}, {"points": "5"}:
            at = path.replace("{merchant_ref}", "r-1")
            answer = await shop.request(method, at, json=body | extra, headers=street.key())
            assert answer.status_code == 422, (path, extra, answer.text)
            assert answer.json()["type"] == "/problems/invalid-request"


async def test_no_text_reaches_sql(street: Street) -> None:
    """Every text of a request holds what would be SQL: refused by form or not found, in no time, with no error."""
    await street.member("m-1", 10)
    shop = await street.client()
    good = {"merchant_ref": "r-1", "code": await street.code("m-1"), "points": 1, "purpose": "goods", "currency": "CNY"}
    for payload in PAYLOADS:
        for name in ("merchant_ref", "code", "benefit", "point_type", "currency", "purpose"):
            answer = await shop.post("/v1/redemptions", json=good | {name: payload}, headers=street.key())
            assert answer.status_code in (404, 422, 429), (name, payload, answer.text)
        for header in ({"Idempotency-Key": "k' or 1=1 --"}, {"X-Request-Id": "x'; select 1"}):
            answer = await shop.get("/v1/redemptions/r-1", headers=header)
            assert answer.status_code == 404
            assert re.fullmatch(r"[\w-]+", answer.headers["x-request-id"])
    assert await street.owner.fetchval("select count(*) from redemption") == 0
    assert "Traceback" not in street.said()


async def test_wrong_keys_are_answered_429_from_the_tenth_on(street: Street) -> None:
    """A right key goes on meanwhile, from the same address: nobody locks another out."""
    right = await street.token("merchant", "wash-1")
    key_id = right.split("_")[1]
    async with httpx.AsyncClient(base_url=street.address) as client:
        statuses = []
        for number in range(30):
            wrong = f"pk_{key_id}_{'x' * 42}{number % 10}" if number % 2 else f"pk_{'q' * 10}_{'x' * 43}"
            told = await client.get("/v1/redemptions/r-1", headers={"Authorization": f"Bearer {wrong}"})
            statuses.append(told.status_code)
        assert statuses == [401] * 9 + [429] * 21
        good = await client.get("/v1/redemptions/r-1", headers={"Authorization": f"Bearer {right}"})
        assert good.status_code == 404


async def test_wrong_codes_are_answered_429_from_the_tenth_on(street: Street) -> None:
    """Even the right one, until ten minutes are over; another shop is not concerned. 2**60 codes: 2**40 and more."""
    await street.member("m-1", 100)
    right = await street.code("m-1")
    shop, other = await street.client(), await street.client("merchant", "wash-2")
    told = await asyncio.gather(
        *(shop.post("/v1/codes/look-up", json={"code": f"0000-0000-{n:04}-0"}) for n in range(1000, 1009))
    )
    assert [one.status_code for one in told] == [404] * 9
    for code in ("0000-0000-2000-0", right):
        blocked = await shop.post("/v1/codes/look-up", json={"code": code})
        assert (blocked.status_code, blocked.json()["type"]) == (429, "/problems/too-many-guesses")
        assert 0 < int(blocked.headers["retry-after"]) <= 600
    assert (await other.post("/v1/codes/look-up", json={"code": right})).status_code == 200


async def test_keys_and_codes_appear_in_no_log_and_no_table(street: Street) -> None:
    await street.member("m-1", 100)
    code = await street.code("m-1")
    shop = await street.client()
    asked = {"merchant_ref": "r-1", "code": code, "points": 1}
    assert (await shop.post("/v1/redemptions", json=asked, headers=street.key())).status_code == 201
    wrong = await shop.post("/v1/redemptions", json=asked | {"code": code + "x" * 30}, headers=street.key())
    assert wrong.status_code == 422
    secret = (await street.token("merchant", "wash-1")).split("_", 2)[2]
    symbols = code.replace("-", "")[:12]
    kept = str(await street.owner.fetch("select * from api_answer, code, code_use, api_key, journal, outbox"))
    for text in (street.said(), kept, wrong.text):
        assert secret not in text
        assert code not in text
        assert symbols not in text
