"""A merchant's server on this machine: it keeps what came and answers as the test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import orjson


class Came(NamedTuple):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def ref(self) -> str:
        """The merchant's own reference that it is about."""
        return str(orjson.loads(self.body)["data"]["merchant_ref"])


Answers = Callable[[Came], int]


class Receiver:
    """`answers` gives the status for what came; it may wait."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.answers: Answers = lambda _: 204
        self.headers: dict[str, str] = {}
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # the sender was killed
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                came = Came(self.path, headers, body)
                with receiver._lock:
                    receiver.came.append(came)
                self.send_response(receiver.answers(came))
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # theirs
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook?token=t-1"

    def refs(self) -> list[str]:
        """References in the order in which they came first."""
        with self._lock:
            return list(dict.fromkeys(one.ref for one in self.came))


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A server that runs."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()
