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
from engine.store.connect import OUTAGES

log = logging.getLogger("engine.api")

BODY_MAX: Final = 64 * 1024
LOG_MAX: Final = 4 * 1024 * 1024
"""Bytes of a merchant's log that is compared with a settlement file: a hundred thousand lines."""
DEPTH_MAX: Final = 8
DOOR_FIRST_S: Final = 1.0
"""So much longer a route may take than the door, which then answers by itself."""
_ID: Final = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
"""What is taken as a request's id: a UUID or a trace's id. Logs have it, so nothing else may be written there."""
_LOGS: Final = re.compile(r"/v1/settlements/[0-9]+/reconciliations")
_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?')
_OTHERS: Final = bytes(set(range(256)) - set(b"[]{}"))
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_ALWAYS: Final = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class Gone(Exception):
    """Whoever asked has hung up before the body was there."""


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
            body = await self._body(scope, receive)
            async with asyncio.timeout(self._timeout_s) as within:
                await self._app(scope, _once(body, receive), _each_in_time(passing.send, within, self._timeout_s))
        except Problem as problem:
            await passing.problem(problem)
        except TimeoutError:
            await passing.problem(Problem("timed-out", "the request took too long"))
        except Gone:
            passing.status = 499
        except Exception as error:
            if not isinstance(error, OUTAGES):
                log.exception("a request could not be answered", extra={"request": passing.id})
            await passing.problem(_fault(error))
        finally:
            passing.tell(self._meters)

    async def _body(self, scope: MutableMapping[str, Any], receive: Receive) -> bytes:
        """The body. A log is so large that it is read for a key in force alone: the route refuses who has none."""
        log_like = _is_log(scope)
        at_most = LOG_MAX if log_like else BODY_MAX
        _refuse_length(scope, at_most)
        if log_like and not await self._known(scope):
            scope["state"]["unread"] = True
            return b""
        body = await _read(receive, at_most, self._read_s)
        if not log_like:
            _refuse_depth(body)
        return body

    async def _known(self, scope: MutableMapping[str, Any]) -> bool:
        scheme, _, token = _header(scope, b"authorization").decode("latin-1").partition(" ")
        async with asyncio.timeout(self._timeout_s):
            house = scope["app"].state.house
            return scheme.lower() == "bearer" and await house.knows(token.strip())


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
            if self.status in (408, 413) or "unread" in self._scope["state"]:
                more.append((b"connection", b"close"))  # the rest of the body would be read as the next request
            message["headers"] = [*message.get("headers", ()), *more]
        await self._send(message)

    async def problem(self, problem: Problem) -> None:
        """Answers with a problem, unless an answer has begun."""
        if self.status:
            return
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(problem.body)).encode())]
        headers += [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
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


def _fault(error: Exception) -> Problem:
    """Of what a route did not expect: the ledger cannot be reached, or it is the engine's own fault."""
    if isinstance(error, OUTAGES):
        return Problem("unavailable", "the ledger does not answer; ask again in a second", retry_after_s=1)
    return Problem("defect", "the log has it under the request's id")


def _header(scope: MutableMapping[str, Any], name: bytes) -> bytes:
    return next((bytes(value) for given, value in scope["headers"] if given == name), b"")


def _is_log(scope: MutableMapping[str, Any]) -> bool:
    """What says that it is JSON would be parsed as such, so it is bounded as such."""
    return _LOGS.fullmatch(scope["path"]) is not None and b"json" not in _header(scope, b"content-type").lower()


def _refuse_length(scope: MutableMapping[str, Any], at_most: int) -> None:
    length = _header(scope, b"content-length")
    if length.isdigit() and int(length) > at_most:
        raise Problem("too-large", f"the body has {int(length)} bytes, at most {at_most} are taken")


async def _read(receive: Receive, at_most: int, within_s: float) -> bytes:
    try:
        async with asyncio.timeout(within_s):
            return await _received(receive, at_most)
    except TimeoutError:
        raise Problem("too-slow", f"the body was not there after {within_s:g} s") from None


async def _received(receive: Receive, at_most: int) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > at_most:
            raise Problem("too-large", f"the body has more than {at_most} bytes")
        more = message.get("more_body", False)
    return bytes(body)


def _refuse_depth(body: bytes) -> None:
    """A quick count first: nearly no body has as many brackets as would be too deep.

    No step of it is one of Python's for each bracket. Each round takes the innermost pairs away, so what is left after
    the last one lies deeper, or was never closed, which no parser takes.
    """
    if body.count(b"[") + body.count(b"{") <= DEPTH_MAX:
        return
    brackets = _STRINGS.sub(b"", body).translate(_ALIKE, _OTHERS)
    for _ in range(DEPTH_MAX):
        brackets = brackets.replace(b"[]", b"")
    if b"[]" in brackets or brackets.count(b"[") > DEPTH_MAX:
        raise Problem("too-deep", f"nested deeper than {DEPTH_MAX} levels")


def _once(body: bytes, receive: Receive) -> Receive:
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _each_in_time(send: Send, within: asyncio.Timeout, seconds: float) -> Send:
    """Each part of an answer has its own time, so that a long one is not cut, but one that nobody takes is."""

    async def sent(message: Message) -> None:
        await send(message)
        within.reschedule(asyncio.get_running_loop().time() + seconds)

    return sent
