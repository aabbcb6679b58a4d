"""What the bank tells by webhook (Standard Webhooks 1.0): checked, written down once, then acknowledged."""

import base64
import binascii
import hashlib
import hmac
import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SKEW_S = 300
BODY_MAX = 64 * 1024
SCHEMA = "create table if not exists message (id text primary key, type text not null, body text not null)"


def genuine(secret: str, headers: Mapping[str, str], body: bytes, now_s: float) -> bool:
    """Whether the bank signed this, not more than five minutes ago; `headers` are looked up in lower case."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        sent_s = int(headers["webhook-timestamp"])
        signed = f"{headers['webhook-id']}.{sent_s}.".encode() + body
        signatures = headers["webhook-signature"].split()
    except (KeyError, ValueError, binascii.Error):
        return False
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    # While a secret changes there are several signatures; each is compared in constant time.
    matches = [hmac.compare_digest(expected.encode(), one.encode()) for one in signatures]
    return any(matches) and abs(now_s - sent_s) <= SKEW_S


class Inbox:
    """Messages in a file of SQLite, each once however often it is sent."""

    def __init__(self, place: Path) -> None:
        self._place = place
        with closing(sqlite3.connect(place)) as database, database:
            database.execute(SCHEMA)

    def keep(self, id_: str, body: bytes) -> None:
        """Writes a message down; the same id again changes nothing."""
        row = id_, json.loads(body)["type"], body.decode()
        with closing(sqlite3.connect(self._place)) as database, database:
            database.execute("insert or ignore into message values (?, ?, ?)", row)

    def messages(self) -> list[tuple[str, str]]:
        """Type and body of each, as they came."""
        with closing(sqlite3.connect(self._place)) as database:
            return database.execute("select type, body from message order by rowid").fetchall()


def serving(inbox: Inbox, secret: str, port: int = 0) -> ThreadingHTTPServer:
    """A server for the bank's webhooks on this machine; in production behind what ends TLS. `serve_forever` runs it."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            self.send_response(self._taken())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _taken(self) -> int:
            length = int(self.headers.get("content-length", 0))
            if not 0 < length <= BODY_MAX:
                return 413
            body = self.rfile.read(length)
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not genuine(secret, headers, body, time.time()):
                return 401
            inbox.keep(headers["webhook-id"], body)
            return 204

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Nothing: a URL may hold a token."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
