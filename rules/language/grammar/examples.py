"""What a program says of itself: given these events, this comes of them."""

from typing import Annotated, Any

from pydantic import Field

from rules.language.words import Day, MonthDay, Name, Words


class ExampleMember(Words):
    birthday: MonthDay | None = None
    joined_on: Day | None = None
    tier: Name | None = None
    branch: str | None = None
    region: str | None = None
    segments: list[str] = []


class Example(Words):
    """Events given to a new member, and what must come of them: points by type, and tier and grants where named."""

    name: str
    member: ExampleMember = ExampleMember()
    given: Annotated[list[dict[str, dict[str, Any]]], Field(min_length=1)]
    expect: dict[str, Any]
