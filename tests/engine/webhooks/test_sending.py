"""What goes over the wire to a merchant's server, and how little of what it answers counts."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trustme
from standardwebhooks.webhooks import Webhook

from engine.settings import Settings, load
from engine.webhooks import addresses, signing
from engine.webhooks.addresses import Resolve
from engine.webhooks.sending import Message, Sender
from tests.engine.webhooks.conftest import KEY
from tests.engine.webhooks.receiver import Receiver
from tests.engine.webhooks.test_addresses import resolving

BODY = b'{"type":"redemption.decided.v1","data":{"merchant_ref":"r-1"}}'


@pytest.fixture
def given() -> Settings:
    return load(webhook_key=KEY, webhook_loopback=True, webhook_timeout_s=1.0)


def message(url: str) -> Message:
    return Message("wh_1", url, 1, 0, "msg-1", BODY, 0, [2, 1])


@asynccontextmanager
async def sending(
    settings: Settings, resolve: Resolve = addresses.resolved, trusting: ssl.SSLContext | None = None
) -> AsyncIterator[Sender]:
    sender = Sender(settings, KEY, resolve, trusting)
    yield sender
    await sender.close()


async def test_a_message_comes_signed_by_each_secret_and_as_it_is(given: Settings, receiver: Receiver) -> None:
    async with sending(given) as sender:
        assert await sender.send(message(receiver.url)) == (True, "answered 204", False)
    [came] = receiver.came
    assert (came.path, came.body, came.headers["content-type"]) == ("/hook?token=t-1", BODY, "application/json")
    assert came.headers["host"] == f"127.0.0.1:{receiver.server.server_port}"
    assert abs(int(came.headers["webhook-timestamp"]) - time.time()) < 5
    for number in (1, 2):
        Webhook(signing.shown(signing.secret(KEY, "wh_1", number))).verify(came.body, came.headers)


@pytest.mark.parametrize(
    ("status", "taken"), [(200, True), (202, True), (299, True), (300, False), (301, False), (304, False), (307, False),
                          (400, False), (410, False), (429, False), (500, False), (503, False)]
)  # fmt: skip
async def test_only_2xx_counts_and_no_redirect_is_followed(
    given: Settings, receiver: Receiver, status: int, taken: bool
) -> None:
    receiver.answers = lambda _: status
    receiver.headers = {"location": receiver.url + "&followed=1"}
    async with sending(given) as sender:
        assert await sender.send(message(receiver.url)) == (taken, f"answered {status}", status == 410)
    assert [one.path for one in receiver.came] == ["/hook?token=t-1"]


async def served(answer: bytes, *, endless: bool = False, silent: bool = False) -> "asyncio.Server":
    """A server that answers whatever comes with these bytes, without end, or not at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(BODY)
            writer.write(answer)
            while endless:
                writer.write(b"x" * 65_536)
                await writer.drain()
            await (asyncio.sleep(30) if silent else writer.drain())
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


def port_of(server: "asyncio.Server") -> int:
    return int(server.sockets[0].getsockname()[1])


@pytest.mark.parametrize(
    ("answer", "silent", "said"),
    [
        (b"", True, "no answer within 1 s"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100, True, "no answer within 1 s"),
        (b"", False, "not sent: RemoteProtocolError"),
        (b"garbage\r\n\r\n", False, "not sent: RemoteProtocolError"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1_000_000 + b"\r\n\r\n", False, "not sent: RemoteProtocolError"),
    ],
)
async def test_a_server_that_hangs_or_talks_nonsense_is_given_up(
    given: Settings, answer: bytes, silent: bool, said: str, full: bool
) -> None:
    server = await served(answer, silent=silent)
    began = time.monotonic()
    async with sending(given) as sender:
        assert await sender.send(message(f"http://127.0.0.1:{port_of(server)}/")) == (False, said, False)
    assert not full or time.monotonic() - began < 3
    server.close()


async def test_an_answer_without_end_is_not_read(given: Settings, full: bool) -> None:
    """Read on, it would not be sent after a second."""
    server = await served(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n", endless=True)
    began = time.monotonic()
    async with sending(given) as sender:
        assert await sender.send(message(f"http://127.0.0.1:{port_of(server)}/")) == (True, "answered 200", False)
    assert not full or time.monotonic() - began < 1
    server.close()


async def test_nobody_there_is_an_answer_too(given: Settings) -> None:
    server = await served(b"")
    port = port_of(server)
    server.close()
    await server.wait_closed()
    async with sending(given) as sender:
        assert (await sender.send(message(f"http://127.0.0.1:{port}/"))).said == "not sent: ConnectError"


class TestTls:
    """A server for shop.example, signed by an authority that the sender trusts."""

    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def trusting(self, authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    @pytest.fixture
    def shop(self, authority: trustme.CA, receiver: Receiver) -> Receiver:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("shop.example").configure_cert(context)
        receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
        return receiver

    async def test_the_connection_goes_to_the_checked_address_under_the_names_certificate(
        self, given: Settings, shop: Receiver, trusting: ssl.SSLContext
    ) -> None:
        url = f"https://shop.example:{shop.server.server_port}/hook"
        async with sending(given, resolving("127.0.0.1"), trusting) as sender:
            assert (await sender.send(message(url))).said == "answered 204"
        assert shop.came[0].headers["host"] == f"shop.example:{shop.server.server_port}"

    async def test_a_certificate_of_another_name_is_refused(
        self, given: Settings, shop: Receiver, trusting: ssl.SSLContext
    ) -> None:
        url = f"https://other.example:{shop.server.server_port}/hook"
        async with sending(given, resolving("127.0.0.1"), trusting) as sender:
            assert (await sender.send(message(url))).said == "not sent: ConnectError"
        assert shop.came == []

    async def test_an_address_that_does_not_answer_is_passed_over_for_the_next(
        self, given: Settings, shop: Receiver, trusting: ssl.SSLContext
    ) -> None:
        """Nobody listens on 127.0.0.2."""
        url = f"https://shop.example:{shop.server.server_port}/hook"
        async with sending(given, resolving("127.0.0.2", "127.0.0.1"), trusting) as sender:
            assert (await sender.send(message(url))).taken


async def test_a_name_that_turns_inward_gets_no_connection(receiver: Receiver) -> None:
    """DNS rebinding: a resolver that answers a public address to the check would answer ours to the connection.

    The name is asked once, and the connection goes to the address of that answer; a name with one address inside among
    others gets none, whichever way it turns.
    """
    asked: list[str] = []

    def turning(*answers: tuple[str, ...]) -> Callable[..., object]:
        left = list(answers)

        async def resolve(host: str, _port: int) -> list[str]:
            asked.append(host)
            return list(left.pop(0) if len(left) > 1 else left[0])

        return resolve

    settings = load(webhook_key=KEY, webhook_timeout_s=1.0)
    for answers in ([("127.0.0.1",)], [("203.0.113.9", "127.0.0.1")], [("::ffff:127.0.0.1",)], [("169.254.169.254",)]):
        async with sending(settings, turning(*answers)) as sender:  # type: ignore[arg-type]
            assert "is not an address of the public internet" in (await sender.send(message("https://s.example/"))).said
    asked.clear()
    loose = settings.model_copy(update={"webhook_loopback": True})
    rebinding = turning(("127.0.0.2",), ("127.0.0.1",))
    async with sending(loose, rebinding) as sender:  # type: ignore[arg-type]
        url = receiver.url.replace("127.0.0.1", "shop.example")
        assert not (await sender.send(message(url))).taken
    assert asked == ["shop.example"]
    assert receiver.came == []
