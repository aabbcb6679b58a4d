"""What comes from outside the member and the program, stored with the journal and fed back on replay."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple


class Context(NamedTuple):
    """`budget_room` is what this lane may still give of each budget, in the budget's own units.

    `closed_through` is the last day that the lane has closed, None before the first.
    """

    budget_room: Mapping[str, int]
    closed_through: date | None = None


NO_CONTEXT = Context(budget_room={})
