"""Points that no dealing with the bank brought: what operators put right, and what comes from the system before."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from schemas.event import Event
from schemas.fields import Day, Id, Instant, Payload, Slug, tuple_of_list
from schemas.money import AMOUNT_MAX

Points = Annotated[int, Field(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
Approvers = Annotated[
    tuple[Id, ...],
    Field(min_length=1, max_length=5, json_schema_extra={"uniqueItems": True}),
    BeforeValidator(tuple_of_list),
]


class ByHand(Payload):
    """What operators do. Whoever asked for it approves it with nobody: the program says how many others must."""

    reason: Annotated[Slug, Field(description="One of the program's reasons.")]
    requested_by: Annotated[Id, Field(description="The maker's pseudonym.")]
    requested_at: Instant
    approved_by: Annotated[Approvers, Field(description="The checkers' pseudonyms, each once.")]
    case: Annotated[Id | None, Field(description="The bank's own reference.")] = None

    @model_validator(mode="after")
    def _has_as_many_checkers_as_it_says(self) -> Self:
        if len(set(self.approved_by)) != len(self.approved_by):
            raise ValueError("approved_by names each checker once")
        return self


class Adjustment(ByHand):
    """Points put right by hand."""

    point_type: Slug
    points: Annotated[Points, Field(description="Signed, never zero.", json_schema_extra={"not": {"const": 0}})]

    @model_validator(mode="after")
    def _moves_points(self) -> Self:
        if self.points == 0:
            raise ValueError("points must not be zero")
        return self


class Reinstatement(ByHand):
    """Points that expired on a day are given again, for as long as the program says."""

    point_type: Slug
    points: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    expired_on: Annotated[Day, Field(description="The first day on which they were not valid, when a close took them.")]


class Extension(ByHand):
    """Points that would expire on a day are valid until a later one."""

    point_type: Slug
    points: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    expires_on: Annotated[Day, Field(description="The first day on which they would not be valid.")]
    until: Annotated[Day, Field(description="The first day on which they are not valid from now on.")]

    @model_validator(mode="after")
    def _is_later(self) -> Self:
        if self.until <= self.expires_on:
            raise ValueError("until must be later than expires_on")
        return self


class OpeningBalance(Payload):
    """Points of one expiry that a member brings from the system before, with the dates they had there."""

    point_type: Slug
    points: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    earned_on: Day
    expires_on: Annotated[Day | None, Field(description="The first day not valid; absent: never.")] = None
    batch: Annotated[Id, Field(description="The file it came in; its control totals were checked before.")]


class PointsAdjusted(Event):
    """An operator's adjustment was approved."""

    type: Literal["points.adjusted.v1"] = "points.adjusted.v1"
    data: Adjustment


class PointsReinstated(Event):
    """It was approved that expired points are given again."""

    type: Literal["points.reinstated.v1"] = "points.reinstated.v1"
    data: Reinstatement


class PointsExtended(Event):
    """It was approved that points expire later."""

    type: Literal["points.extended.v1"] = "points.extended.v1"
    data: Extension


class PointsImported(Event):
    """A member's points from the system before."""

    type: Literal["points.imported.v1"] = "points.imported.v1"
    data: OpeningBalance
