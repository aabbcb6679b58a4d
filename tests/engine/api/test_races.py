"""Many clients at one voucher, at one balance, at one hold."""

import asyncio
import json
import re
import secrets
from collections import Counter
from contextlib import suppress

import httpx

from tests.engine.api.conftest import Street

CLIENTS = 64
PAIRS = (("capture", "capture"), ("capture", "void"), ("void", "void"))


async def at_once(asks: list[tuple[httpx.AsyncClient, str, dict[str, object]]], street: Street) -> list[httpx.Response]:
    return list(await asyncio.gather(*(who.post(path, json=body, headers=street.key()) for who, path, body in asks)))


class Till:
    """A client with one connection that is kept, and a request that is one packet: 64 of them go out together."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def open(self, port: int) -> "Till":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        return self

    def ask(self, body: dict[str, object]) -> None:
        content = json.dumps(body)
        self._writer.write(
            f"POST /v1/redemptions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {self._token}\r\n"
            f"content-type: application/json\r\nidempotency-key: k-{secrets.token_hex(6)}\r\n"
            f"content-length: {len(content)}\r\n\r\n{content}".encode()
        )

    async def told(self) -> dict[str, object]:
        """The body of the answer."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        [length] = re.findall(rb"content-length: (\d+)", head)
        body: dict[str, object] = json.loads(await self._reader.readexactly(int(length)))
        return body

    async def close(self) -> None:
        self._writer.transport.abort()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


async def test_one_voucher_is_redeemed_once(street: Street, full: bool) -> None:
    """64 clients of two shops, each with a reference of its own: one succeeds, 63 are told that the code was used."""
    tokens = [await street.token("merchant", holder) for holder in ("wash-1", "wash-2")]
    tills = [await Till(tokens[n % 2]).open(street.given["api_port"]) for n in range(CLIENTS)]
    vouchers = 1000 if full else 8
    for number in range(vouchers):
        code = await street.voucher(await street.member(f"v-{number}"), "shine")
        for n, till in enumerate(tills):
            till.ask({"merchant_ref": f"r-{number}-{n}", "code": code, "benefit": "shine", "capture": True})
        told = await asyncio.gather(*(till.told() for till in tills))
        types = Counter(one.get("type", one.get("state")) for one in told)
        assert types == {"captured": 1, "/problems/code-used": CLIENTS - 1}
    for till in tills:
        await till.close()
    assert await street.owner.fetchval("select count(*) from redemption where state = 'captured'") == vouchers
    assert await street.verdict() is None


async def test_one_balance_is_spent_once(closed_street: Street) -> None:
    """64 clients ask two processes to hold a tenth each: ten succeed, and nothing is left.

    What was refused cannot be captured.
    """
    street = closed_street
    await street.serve(api_workers=2)
    await street.member("m-1", 1000)
    shop = await street.client()
    codes = [await street.code("m-1") for _ in range(CLIENTS)]
    told = await at_once(
        [(shop, "/v1/redemptions", {"merchant_ref": f"r-{n}", "code": c, "points": 100}) for n, c in enumerate(codes)],
        street,
    )
    types = Counter(one.json().get("type", one.json().get("state")) for one in told)
    assert types["held"] == 10
    assert sum(types.values()) == CLIENTS
    assert set(types) <= {"held", "/problems/not-enough-points", "/problems/too-many-holds"}
    assert await street.balance("m-1") == (0, 1000)
    refused = [f"r-{n}" for n, one in enumerate(told) if one.json().get("state") != "held"]
    for verb in ("capture", "void", "reverse"):
        ended = await at_once([(shop, f"/v1/redemptions/{ref}/{verb}", {}) for ref in refused], street)
        assert {one.json()["type"] for one in ended} == {"/problems/unknown-redemption"}
    assert await street.balance("m-1") == (0, 1000)
    assert await street.verdict() is None


async def test_a_hold_ends_once(street: Street, full: bool) -> None:
    """Two that end it race, each pair in either order, eight holds at a time: the loser is told how it ended."""
    members, races = 8, len(PAIRS) * (1_000 if full else 16)
    shop = await street.client()
    for number in range(members):
        await street.member(f"m-{number}", races)

    async def race(number: int) -> None:
        member, ref, pair = f"m-{number % members}", f"r-{number}", PAIRS[number % len(PAIRS)]
        asked = {"merchant_ref": ref, "code": await street.code(member), "points": 1}
        held = await shop.post("/v1/redemptions", json=asked, headers=street.key())
        assert held.status_code == 201, held.text
        turn = pair if number // len(PAIRS) % 2 else pair[::-1]
        raced = await at_once([(shop, f"/v1/redemptions/{ref}/{verb}", {}) for verb in turn], street)
        assert sorted(one.status_code for one in raced) == [200, 422]
        won, lost = sorted((one.json() for one in raced), key=lambda one: "type" in one)
        assert lost["type"] == f"/problems/already-{won['state']}"
        assert (await shop.get(f"/v1/redemptions/{ref}")).json()["state"] == won["state"]

    async def till(first: int) -> None:
        for number in range(first, races, members):
            await race(number)

    await asyncio.gather(*map(till, range(members)))
    ended = Counter(row[0] for row in await street.owner.fetch("select state from redemption where state <> 'held'"))
    print(f"\n{races} races: {dict(ended)}")
    assert ended.total() == races
    left = await street.owner.fetchrow("select sum(available)::int, sum(held)::int from balance")
    assert tuple(left) == (members * races - ended["captured"], 0)


async def test_wrong_transitions_are_refused(street: Street) -> None:
    await street.member("m-1", 100)
    shop = await street.client()

    async def step(ref: str, verb: str, **body: object) -> str:
        told = await shop.post(f"/v1/redemptions/{ref}/{verb}", json=body, headers=street.key())
        said = told.json()
        return str(said.get("type", said.get("state"))).removeprefix("/problems/")

    for ref in ("a", "b"):
        asked = {"merchant_ref": ref, "code": await street.code("m-1"), "points": 10}
        assert (await shop.post("/v1/redemptions", json=asked, headers=street.key())).status_code == 201
    assert await step("a", "reverse") == "not-captured-yet"
    assert await step("a", "capture", points=11) == "more-than-held"
    assert await step("a", "capture") == "captured"
    assert await step("a", "void") == "already-captured"
    assert await step("a", "reverse", points=11) == "more-than-captured"
    assert await step("a", "reverse") == "reversed"
    assert await step("a", "reverse") == "already-reversed"
    assert await step("b", "void") == "voided"
    assert await step("b", "capture") == "already-voided"
    assert await step("nothing", "capture") == "unknown-redemption"
    assert await street.balance("m-1") == (100, 0)


async def test_a_key_that_stays_taken_bars_no_stranger(closed_street: Street) -> None:
    """What m-0 asks for meets a row that is there already; the nine who are in one transaction with it are decided.

    The lanes are kept until all of them wait, so that they are taken together.
    """
    street = closed_street
    await street.serve(api_transactions=1)
    shop = await street.client()
    for n in range(11):
        await street.member(f"m-{n}", 100)
    first = {"merchant_ref": "r-0", "code": await street.code("m-0"), "points": 10}
    assert (await shop.post("/v1/redemptions", json=first, headers=street.key())).status_code == 201
    await street.owner.execute(
        "insert into redemption select (jsonb_populate_record(r, jsonb_build_object('member_version', member_version "
        "+ 1))).* from redemption r where merchant_ref = 'r-0'"
    )
    codes = [await street.code(f"m-{n}") for n in range(1, 11)]
    asks: list[tuple[httpx.AsyncClient, str, dict[str, object]]] = [
        (shop, "/v1/redemptions", {"merchant_ref": f"r-{n}", "code": code, "points": 10})
        for n, code in enumerate(codes, 1)
    ]
    async with street.owner.transaction():
        await street.owner.execute("select from lane for update")
        ahead = asyncio.create_task(at_once(asks[:1], street))
        await asyncio.sleep(0.5)
        behind = asyncio.create_task(at_once([(shop, "/v1/redemptions/r-0/capture", {}), *asks[1:]], street))
        await asyncio.sleep(0.5)
    assert [one.status_code for one in await ahead] == [201]
    barred, *others = await behind
    assert [one.status_code for one in others] == [201] * 9
    assert (barred.status_code, barred.json()["type"]) == (500, "/problems/defect")
