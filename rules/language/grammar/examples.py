"""What a program says of itself: given these events, this comes of them."""

from typing import Annotated, Any

from pydantic import Field

from rules.language.words import Day, MonthDay, Name, Words, schema_of


class ExampleMember(Words):
    birthday: MonthDay | None = None
    joined_on: Day | None = None
    tier: Name | None = None
    branch: str | None = None
    region: str | None = None
    segments: list[str] = []


GivenEvent = Annotated[
    dict[str, Any], schema_of("object", additionalProperties={"type": ["object", "string"]}, maxProperties=1)
]
"""An event and its fields; or `close` and the last day that is closed."""


class Example(Words):
    """Events given to a new member, and what must come of them: points by type, and what else is named."""

    name: str
    member: ExampleMember = ExampleMember()
    given: Annotated[list[GivenEvent], Field(min_length=1)]
    expect: dict[str, Any]
