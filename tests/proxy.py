"""A TCP proxy before PostgreSQL that cuts a connection where it hurts most: about the COMMIT of a transaction."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

COMMIT = b"Q\x00\x00\x00\x0cCOMMIT;\x00"
"""As asyncpg asks for it: one simple query (PostgreSQL's protocol, "Query")."""
COMMITTED = b"COMMIT\x00"
"""In the server's answer, the tag of its CommandComplete."""


class Proxy:
    """Cuts a share of the commits: half of these before the server hears of them, half before the client does.

    A client cannot tell the two apart, nor from a server that died.
    """

    def __init__(self, upstream: str, share: float, seed: int) -> None:
        self._there = urlsplit(upstream)
        self.share = share
        self.unheard = self.untold = 0
        self._draw = random.Random(seed)
        self._port = 0

    @property
    def cuts(self) -> int:
        return self.unheard + self.untold

    def url(self, upstream: str) -> str:
        """The same address by way of the proxy."""
        there = urlsplit(upstream)
        who, _, _ = there.netloc.rpartition("@")
        return urlunsplit(there._replace(netloc=f"{who}@127.0.0.1:{self._port}"))

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Proxy"]:
        meetings: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

        def met(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
            meetings[asyncio.create_task(self._met(client, to_client))] = to_client

        server = await asyncio.start_server(met, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for meeting, to_client in meetings.items():
                meeting.cancel()
                # Whoever was met last may be cancelled before its meeting begins, or while the server is called.
                to_client.transport.abort()
            await asyncio.gather(*meetings, return_exceptions=True)
            await asyncio.sleep(0)  # in which the loop closes what was aborted

    async def _met(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_connection(self._there.hostname, self._there.port)
        commits: list[bool] = []
        pumps = [
            asyncio.create_task(self._asked(client, to_server, commits)),
            asyncio.create_task(self._told(server, to_client, commits)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for writer in to_client, to_server:
                writer.transport.abort()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _asked(self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, commits: list[bool]) -> None:
        """Passes on what the client sends; `commits` gets whether the answer to its COMMIT is to be kept from it."""
        with suppress(ConnectionError):
            while chunk := await client.read(1 << 16):
                cut = COMMIT in chunk and self._draw.random() < self.share
                if cut and self._draw.random() < 0.5:
                    self.unheard += 1
                    return
                commits += [cut] if cut else []
                to_server.write(chunk)
                await to_server.drain()

    async def _told(self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter, commits: list[bool]) -> None:
        with suppress(ConnectionError):
            while chunk := await server.read(1 << 16):
                if commits and COMMITTED in chunk:
                    self.untold += 1
                    return
                to_client.write(chunk)
                await to_client.drain()
