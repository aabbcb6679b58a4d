"""What the stream hands to `engine.handle`: slices of partitions, as fetched, not yet decoded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Record(NamedTuple):
    """One Kafka record, its bytes untouched. `timestamp_ms` is the broker's or the producer's, for evidence only."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Lane(NamedTuple):
    """What has one order, one position and one chain of journal slices: a partition of a topic, or an API lane."""

    topic: str
    partition: int
    generation: int

    @property
    def is_calendar(self) -> bool:
        """Whether sources announce their business days there."""
        return self.topic.endswith(".calendar")

    @property
    def is_uploads(self) -> bool:
        """Whether merchants upload their redemptions there; every lane but these two kinds is about members."""
        return self.topic.endswith(".redemptions")

    @property
    def is_api(self) -> bool:
        """Whether its records are commands taken at the door; no topic has that name."""
        return self.topic.endswith(".api")

    @property
    def label(self) -> str:
        """TOPIC/PARTITION/GENERATION, as attestations and findings name it."""
        return f"{self.topic}/{self.partition}/{self.generation}"


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive records of one lane.

    `asked` is the position the fetch was asked for, which is the previous slice's `next`; the first record may lie
    above it, since aborted transactions, control records and compaction leave lawful holes. `next` is the position
    after the slice. `records` may be empty when only holes were passed.
    """

    lane: Lane
    asked: int
    next: int
    records: Sequence[Record]
