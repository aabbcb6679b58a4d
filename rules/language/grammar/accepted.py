"""What looks wrong to `points program check` and is meant so."""

from typing import Annotated

from pydantic import Field

from rules.language.findings import FindingId
from rules.language.words import Words


class Accepted(Words):
    """A finding (`of` one rule, tier, benefit or word, or all of its kind) that the program means, and why."""

    finding: FindingId
    of: Annotated[str, Field(min_length=1)] | None = None
    because: Annotated[str, Field(min_length=10)]
