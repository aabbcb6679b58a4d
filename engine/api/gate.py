"""The gate: what every request passes before a route sees it.

Sizes, depths and times are bounded here, and each request has an id, one log line and its metrics.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from engine.api.problems import MEDIA_TYPE, Problem
from engine.metrics import Meters
from engine.settings import Settings

log = logging.getLogger("engine.api")

BODY_MAX: Final = 64 * 1024
LOG_MAX: Final = 4 * 1024 * 1024
"""Bytes of a merchant's log that is compared with a settlement file: a hundred thousand lines."""
DEPTH_MAX: Final = 8
DOOR_FIRST_S: Final = 1.0
"""So much longer a route may take than the door, which then answers by itself."""
_ID: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LOGS: Final = re.compile(r"/v1/settlements/[0-9]+/reconciliations")
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]')
_ALWAYS: Final = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class Gate:
    """An ASGI application around another."""

    def __init__(self, app: App, meters: Meters, settings: Settings) -> None:
        self._app = app
        self._meters = meters
        self._read_s = settings.api_read_s
        self._timeout_s = settings.api_timeout_s + DOOR_FIRST_S

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passing = Passing(scope, send)
        try:
            body = await _body(scope, receive, self._read_s)
            async with asyncio.timeout(self._timeout_s):
                await self._app(scope, _once(body, receive), passing.send)
        except Problem as problem:
            await passing.problem(problem)
        except TimeoutError:
            await passing.problem(Problem("timed-out", "the request took too long"))
        except ConnectionError:
            passing.status = 499
        except Exception:
            log.exception("a request could not be answered", extra={"request": passing.id})
            await passing.problem(Problem("defect", "the log has it under the request's id"))
        finally:
            passing.tell(self._meters)


class Passing:
    """One request on its way through."""

    def __init__(self, scope: MutableMapping[str, Any], send: Send) -> None:
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        self.id = given.decode() if _ID.fullmatch(given) else f"r-{secrets.token_urlsafe(9)}"
        self.status = 0
        self._scope = scope
        self._send = send
        self._began = time.monotonic()
        scope.setdefault("state", {})["request_id"] = self.id

    async def send(self, message: Message) -> None:
        """Sends on, with what every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            more = [(b"x-request-id", self.id.encode()), *_ALWAYS, *self._scope["state"].get("limit", ())]
            message["headers"] = [*message.get("headers", ()), *more]
        await self._send(message)

    async def problem(self, problem: Problem) -> None:
        """Answers with a problem, unless an answer has begun."""
        if self.status:
            return
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(problem.body)).encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        if problem.status in (408, 413):  # the rest of the body would be read as the next request
            headers.append((b"connection", b"close"))
        await self.send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": problem.body})

    def tell(self, meters: Meters) -> None:
        """One line and the metrics. The route's template is told, never the address: it may hold anything."""
        seconds = time.monotonic() - self._began
        route = getattr(self._scope.get("route"), "path", "none")
        meters.requests.labels(route, str(self.status)).inc()
        meters.request_seconds.labels(route).observe(seconds)
        told = {"request": self.id, "route": route, "status": self.status, "ms": round(seconds * 1000, 2)}
        log.info("%s %s", self._scope["method"], route, extra=told | {"key": self._scope["state"].get("key_id")})


async def _body(scope: MutableMapping[str, Any], receive: Receive, within_s: float) -> bytes:
    at_most = LOG_MAX if _LOGS.fullmatch(scope["path"]) else BODY_MAX
    length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if length.isdigit() and int(length) > at_most:
        raise Problem("too-large", f"the body has {int(length)} bytes, at most {at_most} are taken")
    try:
        async with asyncio.timeout(within_s):
            body = await _received(receive, at_most)
    except TimeoutError:
        raise Problem("too-slow", f"the body was not there after {within_s:g} s") from None
    _refuse_depth(body)
    return body


async def _received(receive: Receive, at_most: int) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message.get("body", b"")
        if len(body) > at_most:
            raise Problem("too-large", f"the body has more than {at_most} bytes")
        more = message.get("more_body", False)
    return bytes(body)


def _refuse_depth(body: bytes) -> None:
    """A quick count first: nearly no body has as many brackets as would be too deep."""
    if body.count(b"[") + body.count(b"{") <= DEPTH_MAX:
        return
    depth = 0
    for found in _BRACKETS.finditer(body):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(found[0], 0)
        if depth > DEPTH_MAX:
            raise Problem("too-deep", f"nested deeper than {DEPTH_MAX} levels at byte {found.start()}")


def _once(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
