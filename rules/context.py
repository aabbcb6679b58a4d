"""What comes from outside the member and the program, stored with the journal and fed back on replay."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from rules.spending.stops import NO_STOPS, Stops


class Context(NamedTuple):
    """`budget_room` is what this lane may still give of each budget, in the budget's own units.

    `closed_through` is the last day that the lane has closed, None before the first;
    `stopped` what may not be begun now.
    """

    budget_room: Mapping[str, int]
    closed_through: date | None = None
    stopped: Stops = NO_STOPS


NO_CONTEXT = Context(budget_room={})
