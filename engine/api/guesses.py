"""Guesses are counted in the ledger's database, so that all processes together allow no more than one would."""

from typing import Any

import asyncpg

from engine.api.problems import Problem
from engine.store.sql import statement
from engine.store.together import Together


class Guesses:
    """What callers and addresses tried in vain during the last ten minutes."""

    def __init__(self, pool: "asyncpg.Pool[Any]", at_most: int) -> None:
        self._pool = pool
        self._at_most = at_most
        self._counted = Together(pool, "guesses")

    async def count(self, *subject: str) -> None:
        """Counts a wrong one; the one after the last that is allowed is answered 429."""
        row = await self._pool.fetchrow(statement("count_guess"), "/".join(subject))
        _refuse(row, self._at_most)

    async def refuse_if_many(self, *subject: str) -> None:
        """Refuses even a right one of whom guessed too often."""
        _refuse(await self._counted.row("/".join(subject)), self._at_most - 1)


def _refuse(row: Any, at_most: int) -> None:
    if row["tries"] > at_most:
        detail = f"{row['tries']} were wrong during the last ten minutes"
        raise Problem("too-many-guesses", detail, retry_after_s=max(row["left_s"], 1))
