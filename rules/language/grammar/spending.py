"""How points are spent."""

from typing import Annotated, Literal

from pydantic import Field

from rules.language.words import Words


class Grace(Words):
    grace_days: Annotated[int, Field(ge=1, le=366)]


class Pace(Words):
    """How many redemptions a member may begin; what is left out has no limit."""

    per_hour: Annotated[int, Field(ge=1, le=1000)] | None = None
    per_day: Annotated[int, Field(ge=1, le=10_000)] | None = None


class Spending(Words):
    """How long merchants may hold points and reverse captures, and what becomes of points given back too late."""

    hold_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    holds_at_most: Annotated[int, Field(ge=1, le=100)] = 10
    reverse_within_days: Annotated[int, Field(ge=0, le=3660)] = 90
    returned_expired: Literal["expire-at-once", "new-expiry"] | Grace = "expire-at-once"
    redemptions: Pace = Pace()
