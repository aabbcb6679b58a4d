"""What is too large, too deep or too slow is answered and costs nothing."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import psutil
import pytest
from prometheus_client import CollectorRegistry

from engine.api.gate import DEPTH_MAX, App, Gate, _refuse_depth
from engine.api.problems import Problem
from engine.metrics import Meters
from engine.settings import load
from tests.engine.api.conftest import Street

LINE = b"POST /v1/redemptions HTTP/1.1\r\nhost: x\r\n"


async def raw(street: Street, sent: bytes, within_s: float = 30.0) -> tuple[bytes, float]:
    """The first line that raw bytes are answered with, and the seconds until then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", street.given["api_port"])
    began = time.monotonic()
    try:
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(4096), within_s)
    except ConnectionError:
        answer = b"reset"
    finally:
        # The server may have hung up on what is still to be sent, for which a plain close would wait.
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return answer.split(b"\r\n")[0], time.monotonic() - began


async def endless() -> AsyncIterator[bytes]:
    """A hundred megabytes without a length."""
    for _ in range(1000):
        yield b"[" * 100_000


async def posted(
    street: Street, content: bytes | AsyncIterator[bytes], **headers: str
) -> tuple[tuple[int, str], float]:
    """Status and problem that a body is answered with, and the seconds until then.

    The server may hang up while a client still sends: then there is no answer to read, and its log has it.
    """
    shop = await street.client()
    began = time.monotonic()
    try:
        told = await shop.post("/v1/redemptions", content=content, headers=street.key() | headers)
        answer = told.status_code, told.json()["type"]
    except (httpx.ReadError, httpx.WriteError):
        answer = 413, "/problems/too-large"
    return answer, time.monotonic() - began


async def test_too_much_is_refused_at_once_and_costs_no_memory(street: Street, full: bool) -> None:
    """Each within a second where nothing else runs."""
    shop, server = await street.client(), psutil.Process(street.processes[0].pid)
    await shop.get("/v1/redemptions/r-1")
    before = server.memory_info().rss
    items, bomb = b"[" + b"1," * 1_000_000 + b"1]", gzip.compress(b"0" * (1 << 24))
    many = b"".join(b"x-%d: y\r\n" % number for number in range(1_000_000 if full else 100_000))
    answers = [
        await posted(street, b"x" * (1 << 20)), await posted(street, endless()), await posted(street, items),
        await posted(street, b"[" * 20_000), await posted(street, bomb, **{"content-encoding": "gzip"}),
        await raw(street, LINE + many), await raw(street, b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n"),
        await raw(street, b"\x16\x03\x01\x00 hello\r\n\r\n"),
    ]  # fmt: skip
    grown = server.memory_info().rss - before
    print(f"\n{[f'{1000 * took:.0f} ms' for _, took in answers]}, {grown >> 10} KiB more")
    said = [one for one, _ in answers]
    assert said[:3] == [(413, "/problems/too-large")] * 3
    assert street.said().count('"status": 413') == 3
    assert said[3:5] == [(422, "/problems/too-deep"), (422, "/problems/invalid-request")]
    assert {*said[5:7]} <= {b"HTTP/1.1 431 Problem", b"reset"}
    assert said[7] == b"HTTP/1.1 400 Problem"
    assert not full or max(took for _, took in answers) < 1.0
    assert grown < 20 << 20
    assert (await shop.get("/v1/redemptions/r-1")).status_code == 404


async def test_who_sends_slowly_is_hung_up_on(closed_street: Street, full: bool) -> None:
    """A head that never ends, and a body that never comes: 408 after the second that is given here."""
    street = closed_street
    await street.serve(api_read_s=1.0)
    token = await street.token("merchant", "wash-1")
    head = LINE + b"authorization: Bearer %b\r\ncontent-length: 100\r\n" % token.encode()
    told = await asyncio.gather(raw(street, LINE), raw(street, head + b"\r\n{"), raw(street, b""))
    assert [line.split()[1] for line, _ in told] == [b"408"] * 3
    assert all(0.9 < seconds < (3 if full else 30) for _, seconds in told)


async def test_a_log_is_read_for_a_key_alone_and_never_searched_for_brackets(street: Street) -> None:
    """Four mebibytes of brackets: without a key nothing of them is read; with one, line 1 is no head of a log."""
    at, length = "/v1/settlements/1/reconciliations", 4 << 20
    line = f"POST {at} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\ncontent-type: ".encode()
    assert (await raw(street, line + b"text/csv\r\n\r\n"))[0] == b"HTTP/1.1 401 Unauthorized"
    assert (await raw(street, line + b"application/json\r\n\r\n"))[0].split()[1] == b"413"
    shop = await street.client()
    answer = await shop.post(at, content=b"[]" * (length // 2), headers={"content-type": "text/csv"})
    assert answer.status_code == 422, answer.text


async def test_a_long_answer_is_not_cut_but_one_that_stalls_is() -> None:
    """Each part has 1.1 seconds: five that come 0.4 apart take two and all arrive, what stalls after two ends there."""

    def answering(*pauses: float) -> App:
        async def app(_scope: Any, _receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for pause in pauses:
                await asyncio.sleep(pause)
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await send({"type": "http.response.body", "body": b"."})

        return app

    async def bodies(app: App) -> bytes:
        sent: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message.get("body", b""))

        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await Gate(app, Meters(CollectorRegistry()), load(database_url="postgresql://x", api_timeout_s=0.1))(
            scope, receive, send
        )
        return b"".join(sent)

    long, stalled = await asyncio.gather(bodies(answering(*[0.4] * 5)), bodies(answering(0, 0, 5)))
    assert (long, stalled) == (b"xxxxx.", b"xx")


@pytest.mark.parametrize("opened", [b"[]", b"{}"])
def test_depth_is_counted_without_strings(opened: bytes) -> None:
    """A string with a quote and brackets in it has no depth; beside one another, lists have none either."""
    first, last = opened[:1], opened[1:]
    inner = b'"' + b'\\"[{' * 50 + b'"' + b",[],{}" * 20
    _refuse_depth(first * (DEPTH_MAX - 1) + inner + last * (DEPTH_MAX - 1))
    for deep in (first * DEPTH_MAX + inner + last * DEPTH_MAX, first * (DEPTH_MAX + 1), first * 9 + last * 9 + b"[]"):
        with pytest.raises(Problem, match="deep"):
            _refuse_depth(deep)


def test_depth_of_many_brackets_is_found_in_no_time() -> None:
    """As many as a body may have; a loop over them takes 30 ms."""
    took = []
    for _ in range(5):
        began = time.process_time()
        _refuse_depth(b"[" + b"[]," * 21_000 + b"[]]")
        took.append(time.process_time() - began)
    print(f"\n{1000 * min(took):.2f} ms")
    assert min(took) < 0.01
