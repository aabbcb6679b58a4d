"""HTTP/1.1 as uvicorn speaks it, but for those who send a request's head slowly, too large, or never."""

import asyncio
import sys
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from engine.api.problems import KINDS, MEDIA_TYPE, written

HEAD_BYTES_MAX: Final = 16 * 1024


class Protocol(H11Protocol):
    """A connection. Between two requests uvicorn's own limit for idle ones holds."""

    head_s: float = 10.0
    """Seconds within which a request's head has to be there; set once, before the server starts."""
    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begins to wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Takes bytes; a head that they begin has its time, one that they end needs it no more."""
        if self._overdue is None and self.conn.their_state is h11.IDLE:
            self._await_head()
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits for nothing any more."""
        self._wait_no_more()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answers what is no request, or one whose head is too large, and hangs up."""
        hint = getattr(sys.exc_info()[1], "error_status_hint", 400)
        self._hang_up("headers-too-large" if hint == KINDS["headers-too-large"].status else "bad-request", msg)

    def _await_head(self) -> None:
        self._overdue = self.loop.call_later(
            self.head_s, self._hang_up, "too-slow", f"no whole head of a request came within {self.head_s:g} s"
        )

    def _wait_no_more(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _hang_up(self, kind: str, detail: str) -> None:
        self._wait_no_more()
        body = written(kind, detail)
        head = f"HTTP/1.1 {KINDS[kind].status} Problem\r\ncontent-type: {MEDIA_TYPE}\r\nconnection: close\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        self.transport.close()
