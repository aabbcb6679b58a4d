"""In an outage aiokafka says the same thing ten times a second; once in a while is enough."""

import logging
import time
from collections.abc import Callable

LOUD = ("aiokafka", "aiokafka.conn", "aiokafka.consumer.fetcher", "aiokafka.consumer.group_coordinator")
AGAIN_S = 10.0
KNOWN_MAX = 1000


class Repeats(logging.Filter):
    """Lets a message through that was not let through in the last `AGAIN_S`, whatever its arguments."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Has seen nothing yet; `clock` tells seconds."""
        super().__init__()
        self._clock = clock
        self._until: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to log it."""
        said, now = f"{record.levelno}{record.msg}", self._clock()
        if record.levelno < logging.WARNING or self._until.get(said, 0.0) <= now:
            if len(self._until) < KNOWN_MAX:
                self._until[said] = now + AGAIN_S
            return True
        return False


def hush() -> None:
    """Holds repeats of the loud loggers back; again changes nothing."""
    for name in LOUD:
        logger = logging.getLogger(name)
        if not any(isinstance(one, Repeats) for one in logger.filters):
            logger.addFilter(Repeats())
