"""Whether the journal is whole: each lane's slices without a gap, each with its own digest and the link before it."""

from collections.abc import Iterable, Mapping
from typing import Any

from engine import journal
from engine.batch import Lane
from engine.evidence.divergence import Divergence

Head = tuple[int, bytes]
"""The position after a lane's last slice, and its link."""
Attested = dict[tuple[str, int], bytes]
"""By lane's name and journal number, or the trail's and its entry's, the link that was published of it."""


def lane_of(row: Any) -> Lane:
    """Of a row of the journal or of the lanes."""
    return Lane(row["topic"], row["partition"], row["generation"])


class Chain:
    """The lanes as of the slice checked last. `attested` are links published outside, which the journal must have."""

    def __init__(self, heads: Mapping[Lane, Head], attested: Attested) -> None:
        """`heads` are those that the first slices begin at; of a lane that is not there, its beginning."""
        self._heads = dict(heads)
        self._attested = dict(attested)

    def wrong(self, row: Any) -> Divergence | None:
        """What is wrong with the journal's next slice, by itself and after the one before it."""
        lane = lane_of(row)
        position, before = self._heads.get(lane, (0, b""))
        what = _wrong(row, lane, position, before)
        self._heads[lane] = row["next"], row["chain"]
        attested = self._attested.pop((lane.label, row["seq"]), None)
        if what is None and attested not in (None, row["chain"]):
            what = f"its link is {row['chain'].hex()}, attested was {(attested or b'').hex()}: the chain was rewritten"
        return None if what is None else Divergence("journal", what, journal=row["seq"], lane=lane.label)

    def ends_wrong(self, lanes: Iterable[Any]) -> Divergence | None:
        """Whether a lane stands elsewhere than its last slice, or a slice that was attested is not there."""
        for row in lanes:
            lane = lane_of(row)
            position, link = self._heads.pop(lane, (0, b""))
            if (row["next"], row["chain"]) != (position, link):
                what = f"the lane stands at {row['next']}, its last slice ends at {position} or has another link"
                return Divergence("lane", what, lane=lane.label)
        for lane in self._heads:
            return Divergence("journal", "has slices of a lane that is not there", lane=lane.label)
        for (name, seq), _ in sorted(self._attested.items()):
            return Divergence("journal", "was attested and is not there", journal=seq, lane=name)
        return None


def _wrong(row: Any, lane: Lane, position: int, before: bytes) -> str | None:
    if row["asked"] != position:
        return f"begins at {row['asked']}, the slice before it ended at {position}"
    try:
        kept = journal.decompressed(row["records"])
    except Exception as error:  # noqa: BLE001  # whatever a forged block raises, it is a finding
        return f"its records cannot be read: {error!r}"
    if journal.slice_digest(kept, row["context"], row["decided"], row["changed"]) != row["digest"]:
        return "its digest is not that of its records, context and what was decided"
    numbers = row["seq"], row["asked"], row["next"], row["events"]
    if journal.link(before, lane, numbers, row["digest"]) != row["chain"]:
        return "its link is not that of its place, its digest and the link before it"
    return None
