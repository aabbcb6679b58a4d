"""What operators may put right by hand, and who must agree."""

from typing import Annotated

from pydantic import Field

from rules.language.words import Count, Name, Words


class Approval(Words):
    """Up to this many points, so many checkers who are not the maker."""

    up_to: Count
    by: Annotated[int, Field(ge=1, le=5)]


class Reinstate(Words):
    """What expired so many days ago at most is given again, valid for so many days from then."""

    within_days: Annotated[int, Field(ge=1, le=366)]
    valid_days: Annotated[int, Field(ge=1, le=1098)]


class Extend(Words):
    """Points expire so many days later at most, each time."""

    at_most_days: Annotated[int, Field(ge=1, le=1098)]


class Adjustments(Words):
    """Above the last band nobody may adjust; a request that is older than `valid_days` has to be made again."""

    reasons: Annotated[list[Name], Field(min_length=1)]
    approvals: Annotated[list[Approval], Field(min_length=1)]
    valid_days: Annotated[int, Field(ge=1, le=366)] = 7
    reinstate: Reinstate | None = None
    extend: Extend | None = None
