"""A worker's process for the tests, over the tests' ledger: `python -m tests.engine.stream.probe`.

Settings come as they do for the product; `POINTS_TEST_BEFORE_COMMIT_S` slows each batch, `POINTS_TEST_COUNT` makes it
only count, `POINTS_TEST_LEAVE` leaves the group at the end, `POINTS_TEST_RELAY` relays.
"""

import logging
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from engine.batch import Slice
from engine.metrics import Meters
from engine.settings import load
from engine.stream.worker import Parts, run
from tests.engine.stream.ledger import OUTAGES, Committed, Did, Ledger


class Counter:
    """Counts records and says how fast they came."""

    def __init__(self) -> None:
        self.count = 0
        self.began = 0.0

    async def handle(self, slices: Sequence[Slice], committed: Committed) -> None:
        """Counts."""
        committed(self._counted(slices))

    def _counted(self, slices: Sequence[Slice]) -> Did:
        now = time.monotonic()
        count = sum(len(one.records) for one in slices)
        if not self.began:
            self.began, self.cpu = now, time.process_time()
            return Did(count)
        self.count += count
        seconds, cpu = now - self.began, time.process_time() - self.cpu
        print(f"{self.count} {self.count / seconds:.0f}/s {self.count / max(cpu, 1e-9):.0f}/cpu-s", flush=True)
        return Did(count)


def main() -> None:
    """Runs the worker."""
    settings = load()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    slow = float(os.environ.get("POINTS_TEST_BEFORE_COMMIT_S", "0"))

    @asynccontextmanager
    async def opened(_meters: Meters) -> AsyncIterator[Parts]:
        async with Ledger.opened(settings.database_url, slow) as ledger:
            handle = Counter().handle if "POINTS_TEST_COUNT" in os.environ else ledger.handle
            outbox = ledger if "POINTS_TEST_RELAY" in os.environ else None
            yield Parts(handle, ledger, outbox, OUTAGES, [settings.topic("events")])

    run(settings, opened, leave="POINTS_TEST_LEAVE" in os.environ)


if __name__ == "__main__":
    main()
