"""What of a batch is decided together: all up to the next day marker of each lane, then the markers, then the rest."""

from collections.abc import Iterator, Sequence

from engine.batch import Slice
from engine.deciding import Claimed
from engine.intake import Intake, Opened
from schemas.events import DayMarker

Read = tuple[Slice, Opened]
"""A slice, and each of its records as an event or as unusable."""


def in_steps(read: Sequence[Read]) -> Iterator[list[Read]]:
    """The batch in steps that keep each lane's order. A marker is a step of its own, as what is about no member."""
    apart = [one for one in read if one[0].lane.is_calendar or one[0].lane.is_uploads]
    rest = [one for one in read if not (one[0].lane.is_calendar or one[0].lane.is_uploads)]
    while rest:
        parts = [_parted(one) for one in rest]
        before = [part[0] for part in parts if part[0] is not None]
        if before:
            yield before
        yield from ([part[1]] for part in parts if part[1] is not None)
        rest = [part[2] for part in parts if part[2] is not None]
    yield from ([one] for one in apart)


def is_marker(claimed: Sequence[Claimed]) -> bool:
    """Whether this is the step of a day marker."""
    return any(type(i.event) is DayMarker for c in claimed for i in c.intakes[:1])


def _parted(one: Read) -> tuple[Read | None, Read | None, Read | None]:
    """A slice cut at its first marker: what lies before it, the marker, what lies behind. Most have none."""
    whole, opened = one
    at = next((n for n, o in enumerate(opened) if type(o) is Intake and type(o.event) is DayMarker), None)
    if at is None:
        return one, None, None
    offset = opened[at].record.offset
    return (
        _cut(whole, opened[:at], whole.asked, offset),
        _cut(whole, opened[at : at + 1], offset, offset + 1),
        _cut(whole, opened[at + 1 :], offset + 1, whole.next),
    )


def _cut(whole: Slice, opened: Opened, asked: int, after: int) -> Read | None:
    return None if asked == after else (Slice(whole.lane, asked, after, [o.record for o in opened]), opened)
