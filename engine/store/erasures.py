"""Dead letters under other keys that name a member who was erased are cleared behind the erasure, piece by piece.

What is under the member's own key is cleared with the erasure. A name in a text is found by reading every text that
there is, and nothing that holds members' locks can wait for that.
"""

from typing import Any, Final

import asyncpg

from engine.store.sql import statement

MEMBERS_AT_ONCE: Final = 20
LETTERS_AT_ONCE: Final = 200
"""A statement's work is bounded by the two and the greatest record that Kafka takes."""
_BEFORE_ALL: Final = ("", 0, 0, 0)


class Erasures:
    """Members who were erased and are still to be looked for. Where a process ends, the next begins anew."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool
        self._sought: list[Any] = []
        self._after: tuple[Any, ...] = _BEFORE_ALL

    async def go_on(self) -> bool:
        """Looks through the next dead letters; answers whether anybody was to be looked for."""
        if not self._sought:
            self._sought = await self._pool.fetch(statement("open_erasures"), MEMBERS_AT_ONCE)
            self._after = _BEFORE_ALL
        if not self._sought:
            return False
        banks, ids = ([row[name] for row in self._sought] for name in ("bank", "member_id"))
        last = await self._pool.fetchrow(statement("clear_naming_letters"), banks, ids, *self._after, LETTERS_AT_ONCE)
        if last is None:
            await self._pool.execute(statement("end_erasures"), [row["erasure_number"] for row in self._sought])
            self._sought = []
        else:
            self._after = tuple(last)
        return True
