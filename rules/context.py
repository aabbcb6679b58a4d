"""What comes from outside the member and the program, stored with the journal and fed back on replay."""

from collections.abc import Mapping
from typing import NamedTuple


class Context(NamedTuple):
    """`budget_room` is what this lane may still give of each budget, in the budget's own units."""

    budget_room: Mapping[str, int]


NO_CONTEXT = Context(budget_room={})
