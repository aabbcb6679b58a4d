"""What finance is told of outstanding points."""

from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.fields import Day, Payload, Slug
from schemas.merchants import Count
from schemas.money import Currency

Moved = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class Cohort(Payload):
    """The points earned in a month: opening + earned + redeemed + expired + other = closing; below 0 what is taken."""

    point_type: Slug
    vintage: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    opening: Moved
    earned: Moved
    redeemed: Moved
    expired: Moved
    other: Annotated[Moved, Field(description="Taken back by refunds, put right by hand, moved by a merge.")]
    closing: Moved
    ever_redeemed: Moved
    ever_expired: Moved
    breakage: Annotated[Count, Field(description="Of the closing, so many will hardly be redeemed.")]
    liability_minor: Annotated[int, Field(description="What the others cost, in minor units.")]


class OfType(Payload):
    """Of one type of spendable points, month by month."""

    point_type: Slug
    currency: Currency
    breakage_rate: Annotated[float, Field(ge=0, le=1, description="The part that is never redeemed.")]
    cohorts: tuple[Cohort, ...]


class Liability(Payload):
    """Outstanding points at the end of a period, how that came, and what they may cost."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "first": "2026-09-01", "last": "2026-09-30",
                    "items": [{
                        "point_type": "reward", "currency": "CNY", "breakage_rate": 0.15,
                        "cohorts": [{
                            "point_type": "reward", "vintage": "2026-09", "opening": 0, "earned": 1000,
                            "redeemed": -100, "expired": 0, "other": 0, "closing": 900, "ever_redeemed": 100,
                            "ever_expired": 0, "breakage": 150, "liability_minor": 750,
                        }],
                    }],
                }
            ]
        }
    )  # fmt: skip

    first: Day
    last: Day
    items: tuple[OfType, ...]
