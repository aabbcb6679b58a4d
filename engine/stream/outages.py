"""Outages: what fails outside is tried again for ever with growing pauses, and shows in the metrics while it lasts."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from tenacity import AsyncRetrying, retry_if_exception_type, wait_exponential, wait_random

from engine.metrics import Meters
from engine.settings import Settings

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Outages:
    """The outages of one thing outside."""

    def __init__(self, of: str, kinds: tuple[type[BaseException], ...], settings: Settings, meters: Meters) -> None:
        """`of` is the metrics' label, `kinds` the errors that are no defect of ours."""
        self.of = of
        self.kinds = kinds
        self.now = 0
        """Calls that are being tried again."""
        self._settings = settings
        self._meters = meters

    async def through(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Calls until nothing outside fails any more; other errors come through at once."""
        since: list[float] = []

        async def called() -> Answer:  # tenacity awaits only what it sees to be a coroutine function
            return await call()

        def failed(state: Any) -> None:
            log.warning("outage of the %s, try %d: %r", self.of, state.attempt_number, state.outcome.exception())
            if not since:
                since.append(time.monotonic())
                self._change(+1)

        settings = self._settings
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(self.kinds),
            wait=wait_exponential(settings.outage_pause_s_first, settings.outage_pause_s_max)
            + wait_random(0, settings.outage_pause_s_first),
            before_sleep=failed,
            reraise=True,
        )
        try:
            return await retrying(called)
        finally:
            if since:
                self._change(-1)
                self._meters.outage_seconds.labels(self.of).inc(time.monotonic() - since[0])

    def _change(self, by: int) -> None:
        self.now += by
        self._meters.outage.labels(self.of).set(self.now > 0)
