"""The sweeper: holds whose time has passed are recorded as lapsed, and what was approved is carried out.

The holds were of no use before that already; the approved is what a process left that died before it came to it.
"""

import asyncio
import logging
from typing import Any, Final

import orjson

from engine.api import proposals
from engine.api.command import Answer, Command, Request, fingerprint
from engine.api.door import Door
from engine.api.problems import Problem
from engine.deciding import Decided
from engine.metrics import Meters
from engine.settings import Settings
from engine.store.connect import OUTAGES
from engine.store.sql import statement
from schemas.events import HoldsLapsed

log = logging.getLogger(__name__)

MEMBERS_MAX: Final = 200
"""Members of one sweep."""
MENDED: Final[tuple[type[BaseException], ...]] = (*OUTAGES, Problem)
"""What only puts a sweep off."""
_PRINCIPAL: Final = "engine/sweeper"


class Sweeper:
    """Sweeps again and again; of all processes one at a time."""

    def __init__(self, pool: Any, door: Door, settings: Settings, meters: Meters) -> None:
        self._pool = pool
        self._door = door
        self._pause_s = settings.api_sweep_s
        self._meters = meters

    async def run(self) -> None:
        """Until it is cancelled; what one of its tasks meets puts off that task alone."""
        while True:
            await asyncio.sleep(self._pause_s)
            for task in (self._sweep_all, self._forget, self._carry_out):
                try:
                    await task()
                except MENDED as error:
                    log.warning("put off: %r", error)
                except Exception:
                    log.exception("a defect; tried again with the next look")

    async def _sweep_all(self) -> None:
        while await self.sweep() == MEMBERS_MAX:
            pass

    async def _forget(self) -> None:
        await self._pool.execute(statement("forget_guesses"))
        await self._pool.execute(statement("forget_nonces"))

    async def _carry_out(self) -> None:
        await proposals.resume(self._pool, self._door)

    async def sweep(self) -> int:
        """Has the holds of some members lapse; answers of how many members, 0 while another process sweeps.

        No transaction is open while the door is asked: every bank's messages would wait behind it. The session gives
        its lock up when it is reset, or dies.
        """
        async with self._pool.acquire() as session:
            try:
                at = await session.fetchrow(statement("begin_sweep"))
                return 0 if at is None else await self._swept_by(session, at)
            finally:
                await session.reset()

    async def _swept_by(self, session: Any, at: Any) -> int:
        """All are asked; then it raises what the first of them met, and the next sweep asks for all of them again."""
        found = await session.fetch(statement("lapsed_holds"), at["swept_through"], at["now"], MEMBERS_MAX)
        asked = await asyncio.gather(*(self._door.ask(_command(row)) for row in found), return_exceptions=True)
        for failed in (one for one in asked if isinstance(one, BaseException)):
            raise failed
        through = found[-1]["lapses_at"] if len(found) == MEMBERS_MAX else at["now"]
        await session.execute(statement("end_sweep"), through)
        self._meters.holds_lapsed.inc(len(found))
        return len(found)


def _command(row: Any) -> Command:
    key = f"{row['member_id']}/{row['lapses_at'].isoformat()}"
    asked = Request(_PRINCIPAL, "", key, fingerprint(key, b""), "sweep", "sweep")
    type_ = HoldsLapsed.model_fields["type"].default
    return Command(row["bank"], row["member_id"], type_, {}, asked, _swept)


def _swept(one: Decided) -> Answer:
    return Answer(200, orjson.dumps({"lapsed": len(one.decision.redemptions)}))
