"""How a worker's process ends when it cannot go on: at once, with nothing acknowledged, by a code that says why."""

import logging
import os
from enum import IntEnum
from typing import NoReturn

log = logging.getLogger(__name__)


class Exit(IntEnum):
    """Exit codes beside 0; a supervisor restarts the worker after each of them."""

    DEFECT = 70
    """A batch could not be handled for a fault of the engine; nothing of it was acknowledged."""
    STALLED = 75
    """Records wait, nothing outside fails, and nothing was committed for `POINTS_PROGRESS_TIMEOUT_S`."""
    LEASE_LOST = 76
    """The connection that held the worker's slot or the relay's lock is gone."""
    STOP_OVERDUE = 77
    """A planned stop took longer than its grace; what was not committed is read again."""


def end_process(code: Exit, why: str) -> NoReturn:
    """Ends the process without running anything else: what is in flight rolls back and is read again by its successor.

    Leaving at once is safe, since a batch counts by its commit in PostgreSQL alone, and certain, since no task of a
    broken process is asked to co-operate.
    """
    log.critical("ending the process: %s (exit code %d, %s)", why, code, code.name)
    logging.shutdown()
    os._exit(code)
