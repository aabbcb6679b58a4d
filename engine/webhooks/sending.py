"""One message is sent to one endpoint: to a checked address, no redirect followed, only the answer's code read."""

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import httpx

from engine.webhooks import signing
from engine.webhooks.addresses import Forbidden, Resolve, Target, addresses, resolved, target
from engine.webhooks.settings import WebhookSettings

CONNECT_S = 5.0
GONE = 410
USER_AGENT = "points-engine-webhooks/1"


class Message(NamedTuple):
    """What one endpoint is to be told next of one strand. `secrets` are numbers, the newest first.

    `failing`: it did not take what it was told last. `whose`: the bank and its merchant.
    """

    endpoint_id: str
    url: str
    seq: int
    n: int
    message_id: str
    body: bytes
    tries: int
    secrets: Sequence[int]
    failing: bool = False
    whose: str = ""

    @property
    def place(self) -> tuple[str, int, int]:
        """What names it."""
        return self.endpoint_id, self.seq, self.n


class Answer(NamedTuple):
    """Whether the endpoint took it, in words too; `gone` if it wants nothing any more."""

    taken: bool
    said: str
    gone: bool = False


class Sender:
    """Sends signed messages, each by a connection of its own: none goes by one that was checked for another host."""

    def __init__(
        self, settings: WebhookSettings, key: str, resolve: Resolve = resolved, trusting: ssl.SSLContext | None = None
    ) -> None:
        """`trusting` verifies the servers; left out, the system's authorities do."""
        # Addresses of requests may hold a merchant's token.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._settings = settings
        self._key = key
        self._resolve = resolve
        self._client = httpx.AsyncClient(
            verify=trusting or ssl.create_default_context(),
            timeout=httpx.Timeout(settings.webhook_timeout_s, connect=CONNECT_S),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
            headers={"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"},
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, message: Message) -> Answer:
        """Sends it once; whatever goes wrong is an answer."""
        try:
            async with asyncio.timeout(self._settings.webhook_timeout_s):
                return await self._sent(message)
        except Forbidden as error:
            return Answer(taken=False, said=f"not sent: {error}")
        except (httpx.TimeoutException, TimeoutError):
            return Answer(taken=False, said=f"no answer within {self._settings.webhook_timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return Answer(taken=False, said=f"not sent: {type(error).__name__}")

    async def _sent(self, message: Message) -> Answer:
        loopback = self._settings.webhook_loopback
        to = target(message.url, loopback=loopback)
        secrets = [signing.secret(self._key, message.endpoint_id, number) for number in message.secrets]
        headers = signing.headers(message.message_id, int(time.time()), message.body, secrets)
        failed: Exception = Forbidden("no address")
        for address in await addresses(to, self._resolve, loopback=loopback):
            try:
                return await self._posted(to, address, headers, message.body)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _posted(self, to: Target, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Connects to the address; the certificate and the Host are the name's."""
        request = self._client.build_request(
            "POST",
            to.url.copy_with(host=address, port=to.port),
            content=body,
            headers={**headers, "host": to.url.netloc.decode()},
            extensions={"sni_hostname": to.url.host},
        )
        answer = await self._client.send(request, stream=True)
        await answer.aclose()
        return Answer(answer.is_success, f"answered {answer.status_code}", answer.status_code == GONE)
