"""Tasks are ended for certain."""

import asyncio
from typing import Any, Final

PATIENCE_S: Final = 0.5


async def ended(*tasks: "asyncio.Future[Any]") -> None:
    """Cancels tasks until they have ended, whatever they raise.

    Once is not enough: in Python 3.11 `asyncio.wait_for` swallows a cancellation that comes while its own wait ends.
    """
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=PATIENCE_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()
