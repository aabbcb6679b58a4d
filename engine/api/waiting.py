"""A command on its way through the door, and how long it is put off while its member is locked."""

import asyncio
import time
from typing import Final

from engine.api import landing
from engine.api.command import Answer, Command
from engine.api.problems import Problem

BUSY_S_FIRST: Final = 0.02
BUSY_S_MAX: Final = 0.16
"""Until a command is tried again whose member was locked; each pause is twice the one before."""
BUSY_S_LONG: Final = 0.5
"""After so long its member's lock is waited for."""


class Waiting:
    """A command that waits for its answer."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.lane = landing.lane_of(command.of_member)
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.again_at = 0.0
        self.waits = 0
        self._busy_since: float | None = None
        self._pause_s = BUSY_S_FIRST

    def tell(self, told: Answer | Problem) -> None:
        """Ends the waiting, unless whoever asked has gone."""
        if self.answer.done():
            return
        if isinstance(told, Answer):
            self.answer.set_result(told)
        else:
            self.answer.set_exception(told)

    def put_off(self) -> None:
        """Not again for a moment: its member is locked."""
        now = time.monotonic()
        if self._busy_since is None:
            self._busy_since = now
        self.again_at = now + self._pause_s
        self._pause_s = min(self._pause_s * 2, BUSY_S_MAX)

    def is_overdue(self, now: float) -> bool:
        """Whether it is time to wait for the member's lock."""
        return self._busy_since is not None and now - self._busy_since > BUSY_S_LONG and now >= self.again_at
