"""The master key of profiles is exchanged: members' keys are wrapped anew, what they sealed stays as it is."""

from typing import Any, Final

import asyncpg

from engine.sealing import Masters
from engine.store.profiles import OF_FINGERPRINTS, owner
from engine.store.sql import statement

AT_ONCE: Final = 1_000


async def rewrapped(pool: "asyncpg.Pool[Any]", masters: Masters) -> int:
    """Wraps every key with the master in force; answers how many were not. Safe beside workers, and to break off.

    Raises SettingsError where a key is wrapped by a master that is not given.
    """
    count = 0
    async with pool.acquire() as session:
        while found := await _some(session, masters):
            count += found
    return count


async def _some(session: Any, masters: Masters) -> int:
    master = masters.current
    async with session.transaction():
        found = await session.fetch(statement("keys_to_rewrap"), master.name, AT_ONCE)
        anew = [(row["key_id"], master.wrapped(masters.unwrapped(row, _whose(row)), _whose(row))) for row in found]
        ids, wrapped = zip(*anew, strict=True) if anew else ((), ())
        await session.execute(statement("rewrap_keys"), list(ids), list(wrapped), master.name)
    return len(found)


def _whose(row: Any) -> bytes:
    return OF_FINGERPRINTS if row["bank"] is None else owner(row["bank"], row["member_id"])
