"""A worker that dies at a step of its batches: `python -m tests.chaos.crashing STEP`.

It dies before step STEP, counted from 1 over everything that its first transaction does. It is the real worker with the real store; only the steps of `Transaction` and the commit are counted on their way.
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
PASSED = "the batch has no step so high"


class Countdown:
    """Dies when it has counted so many steps."""

    def __init__(self, step: int) -> None:
        """`step` is counted from 1."""
        self.left = step

    def passes(self, name: str) -> None:
        """One step begins."""
        self.left -= 1
        if self.left == 0:
            print(f"died before {name}", flush=True)
            os._exit(DIED)


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
        countdown.passes(PASSED)

    Ledger.transaction = transaction  # type: ignore[method-assign, assignment]


def _counted(countdown: Countdown, name: str, step: Any) -> Any:
    async def counted(*arguments: Any) -> Any:
        countdown.passes(f"{name} {arguments[1] if isinstance(arguments[1], str) else ''}".strip())
        return await step(*arguments)

    return counted


if __name__ == "__main__":
    plant(Countdown(int(sys.argv[1])))
    run_worker(load(), relay=True, leave=False)
