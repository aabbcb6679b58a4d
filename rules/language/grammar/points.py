"""Point types, what bounds them and when they expire."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from rules.language.words import Count, Day, Label, Name, Positive, Words


class OnlyAt(Words):
    """Points that pay at one merchant, or at the merchants of one network."""

    merchant: Name | None = None
    network: Name | None = None

    @model_validator(mode="after")
    def _says_where(self) -> "OnlyAt":
        if (self.merchant is None) == (self.network is None):
            raise PydanticCustomError("only_at", "expected exactly one of merchant and network")
        return self


def _shape(value: Any) -> str:
    return "only_at" if isinstance(value, dict) else "name"


Restriction = Annotated[Annotated[Name, Tag("name")] | Annotated[OnlyAt, Tag("only_at")], Discriminator(_shape)]
"""`no-goods` bars points from paying for goods; another name is only a note."""


class Expires(Words):
    """Expiry `after_months`, that day or when its month, quarter or year ends; on a day of each year; or by inactivity.

    Members of the tiers named keep their points `longer_for` months more.
    """

    after_months: Annotated[int, Field(ge=0, le=600)] | None = None
    at: Literal["same-day", "month-end", "quarter-end", "year-end"] = "same-day"
    on: Day | None = None
    after_inactive_months: Annotated[int, Field(ge=1, le=600)] | None = None
    longer_for: dict[Name, Annotated[int, Field(ge=1, le=600)]] = {}


class Deficit(Words):
    """How far below zero a member may fall when points are taken back that were spent already."""

    floor: Annotated[int, Field(le=0)]


class Cap(Words):
    """The most points of one type in a window. Bounds are points; `budget` names one of the program's budgets."""

    event: Count | None = None
    member_day: Count | None = Field(None, alias="member-day")
    member_week: Count | None = Field(None, alias="member-week")
    member_month: Count | None = Field(None, alias="member-month")
    member_quarter: Count | None = Field(None, alias="member-quarter")
    member_year: Count | None = Field(None, alias="member-year")
    member_lifetime: Count | None = Field(None, alias="member-lifetime")


class PointType(Words):
    label: Label = {}
    spendable: bool
    expires: Expires | Literal["never"] = "never"
    cap: "Cap | None" = None
    deficit: Deficit | None = None
    on_reversal: Literal["only-pending", "within-balance", "unlimited"] | None = None
    worth: Positive | None = None


class Refunds(Words):
    """What money coming back does beyond its points: `cap_room` that the purchase used stays used, or is freed."""

    without_original: Literal["current-rate", "review"] = "review"
    waits_days: Annotated[int, Field(ge=1, le=400)] = 90
    cap_room: Literal["stays-used", "freed"] = "stays-used"


class Budget(Words):
    """What a campaign may give in all: points, or money by each point type's `worth`, or both."""

    points: Count | None = None
    money: Positive | None = None
