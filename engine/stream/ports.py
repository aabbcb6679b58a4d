"""What the stream asks of the rest of the engine, and what it says back."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from engine.batch import Lane, Slice


class TooManyUnusable(Exception):
    """So many events in a row were unusable that the fault is likelier ours: the lane is to be paused, not drained."""

    def __init__(self, lane: Lane, position: int, count: int) -> None:
        """`position` is where the lane stands in the ledger, `count` how many in a row were unusable."""
        super().__init__(f"{count} unusable events in a row on {lane.topic}/{lane.partition} from {position}")
        self.lane = lane
        self.position = position
        self.count = count


class Outcome(Protocol):
    """What a committed batch did, for the metrics."""

    @property
    def events(self) -> int:
        """Events decided, without repeats and without those that were unusable."""

    @property
    def closed(self) -> int:
        """Members decided at the close of a day."""

    @property
    def postings(self) -> int:
        """Postings written."""

    @property
    def dead_letters(self) -> Mapping[str, int]:
        """Unusable events by reason."""


Handle = Callable[[Sequence[Slice], Callable[[Outcome], None]], Awaitable[Any]]
"""Decides and commits slices of distinct lanes and tells of each transaction; most often that is one.

What was committed before it raised is passed over when the same slices are handled again.
"""


class LaneStore(Protocol):
    """Where the lanes stand, in PostgreSQL. Every call may raise an outage."""

    async def positions(self, lanes: Collection[Lane]) -> Mapping[Lane, int]:
        """The stored position of each lane; a lane without one may be left out and begins at 0."""

    async def paused(self, lanes: Collection[Lane]) -> Collection[Lane]:
        """Those of the lanes that an operator or the engine has paused."""

    async def record_defect(self, lane: Lane, position: int, text: str) -> int:
        """Records that the batch at this position could not be handled; answers how often it had failed before."""

    async def pause(self, lane: Lane, position: int, reason: str) -> None:
        """Pauses a lane until an operator resumes it; again is no error."""


class OutgoingMessage(NamedTuple):
    """One message to publish, its partition decided when it was recorded, `ce_id` among its headers."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


class OutboxRow(NamedTuple):
    """What one batch said, in order. `age_s` is how long ago it was committed, by the database's clock."""

    seq: int
    age_s: float
    messages: Sequence[OutgoingMessage]


class Outbox(Protocol):
    """One shard's outbox, in PostgreSQL. Every call may raise an outage."""

    async def pending(self, limit: int) -> Sequence[OutboxRow]:
        """The oldest rows not yet published, by seq, none of which a running transaction could still precede."""

    async def published(self, seqs: Sequence[int]) -> None:
        """Marks rows as published."""

    async def prune(self, *, days: int, dead_letter_days: int) -> None:
        """Removes what was published, and what could not be used, so many days ago."""

    async def forget(self) -> bool:
        """Does a piece of what erasures left to be done behind them; answers whether there was any."""

    async def heads(self) -> Sequence[OutgoingMessage]:
        """The newest link of each lane's chain, to be kept outside the database."""
