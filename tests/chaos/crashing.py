"""Workers that die at a step of their first batch, one after the other: `-m tests.chaos.crashing STRIDE`.

Each is the real worker with the real store, forked from this process, which has imported everything and runs nothing,
the first before its commit, the others each STRIDE steps later; only the steps of `Transaction`, the begin and the
commit are counted on their way. It ends with a worker whose batch has no step so high.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from engine.settings import load
from engine.store.ledger import Ledger, Transaction
from engine.work import run_worker

STEPS = ("claim", "dedupe", "load", "room", "draw", "copy", "run")
DIED = 99
"""Exit code of a death at the step."""
STEPS_MAX = 60


class Countdown:
    """Dies when it has counted so many steps."""

    def __init__(self, step: int | str) -> None:
        """`step` is counted from 1, or is its name."""
        self.step = step
        self.passed = 0

    def passes(self, name: str) -> None:
        """One step begins."""
        self.passed += 1
        if self.step in (self.passed, name):
            print(f"died before {name}", flush=True)
            os._exit(DIED)

    def ends(self) -> None:
        """The batch is whole and this worker has not died: it was the last."""
        print("no step so high", flush=True)
        os._exit(0)


def plant(countdown: Countdown) -> None:
    """Has every step of a transaction counted, its begin, its commit and what comes after as well."""
    for name in STEPS:
        setattr(Transaction, name, _counted(countdown, name, getattr(Transaction, name)))
    begun = Ledger.transaction

    @asynccontextmanager
    async def transaction(ledger: Ledger) -> AsyncIterator[Transaction]:
        countdown.passes("begin")
        async with begun(ledger) as ours:
            yield ours
            countdown.passes("commit")
        countdown.passes("after the commit")
        countdown.ends()

    Ledger.transaction = transaction  # type: ignore[method-assign, assignment]


def _counted(countdown: Countdown, name: str, step: Any) -> Any:
    async def counted(*arguments: Any) -> Any:
        countdown.passes(f"{name} {arguments[1] if isinstance(arguments[1], str) else ''}".strip())
        return await step(*arguments)

    return counted


def dies(step: int | str) -> int:
    """The exit code of a worker that dies at a step."""
    pid = os.fork()
    if not pid:
        plant(Countdown(step))
        run_worker(load(), relay=True, leave=False)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    for step in ("commit", *range(1, STEPS_MAX, int(sys.argv[1]))):
        if (code := dies(step)) != DIED:
            sys.exit(code)
