"""The score and the ladder of tiers."""

from typing import Annotated

from pydantic import Field

from rules.language.words import Count, Label, Name, Number, RateText, Words


class ScoreItem(Words):
    metric: str
    points: RateText
    at_most: Count | None = None


Threshold = Annotated[dict[str, Number], Field(min_length=1, max_length=1)]


class Rung(Words):
    id: Name
    label: Label = {}
    any: Annotated[list[Threshold], Field(min_length=1)] | None = None
    all: Annotated[list[Threshold], Field(min_length=1)] | None = None


class Tiers(Words):
    """From the lowest rung, which asks for nothing, up."""

    ladder: Annotated[list[Rung], Field(min_length=1)]
