"""How many redemptions a merchant may begin in an hour and on a day: counted before anything of them is decided.

What is refused here reaches no rules and no journal, so that deciding the journal again does not hang on it.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from engine.store.sql import statement

REASON: Final = "merchant-too-fast"


class Pace(NamedTuple):
    """Of one merchant; None without limit."""

    bank: str
    merchant: str
    per_hour: int | None
    per_day: int | None

    def __str__(self) -> str:
        limits = (self.per_hour, "an hour"), (self.per_day, "a day")
        told = " and ".join(f"{most} {per}" for most, per in limits if most is not None)
        return f"{self.merchant} may begin {told}, and they were begun"

    @property
    def bounds(self) -> bool:
        return self.per_hour is not None or self.per_day is not None


async def full_s(session: Any, pace: Pace, zone: str, at: datetime | None = None) -> int | None:
    """Counts one that begins; None, or in how many seconds there is room again. It begins now where no time is told."""
    limits = pace.per_hour, pace.per_day
    row = await session.fetchrow(statement("begin_at_merchant"), pace.bank, pace.merchant, at, zone, *limits)
    return None if row["begun"] else row["again_s"]
