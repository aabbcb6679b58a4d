"""What merchants and channels ask to do with a member's points and benefits: requests, which the engine decides.

A redemption is named by its merchant and the merchant's own reference, for ever: asked again with the same content
it is the same one.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from schemas.event import Event
from schemas.fields import EventId, Id, Payload, Slug
from schemas.money import Amount, Currency

POINTS_MAX = 10**14 - 1
"""Fifteen digits or more could be mistaken for a card number."""

Points = Annotated[int, Field(ge=1, le=POINTS_MAX)]
Units = Annotated[int, Field(ge=1, le=1000)]
Minutes = Annotated[int, Field(ge=1, le=10_080, description="Of time: at most a week.")]
GrantId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Reference(Payload):
    """Which redemption: the merchant's own reference names it."""

    merchant: Id
    merchant_ref: Annotated[EventId, Field(description="Unique at the merchant, for ever.")]


ONE_THING: Final[JsonDict] = {
    "oneOf": [{"required": ["points"]}, {"required": ["benefit"]}],
    "dependentRequired": {"amount_minor": ["currency"], "currency": ["amount_minor"]},
}
"""What `Asked` checks, as its JSON Schema says it."""


class Asked(Payload):
    """Points, or units of a benefit."""

    model_config = ConfigDict(json_schema_extra=ONE_THING)

    purpose: Annotated[
        Literal["goods", "services"] | None,
        Field(description="What points pay for; absent: goods, which some points may not buy."),
    ] = None
    points: Points | None = None
    point_type: Annotated[Slug | None, Field(description="Absent: the program's first spendable type.")] = None
    benefit: Slug | None = None
    units: Annotated[Units | None, Field(description="Of the benefit; absent: 1.")] = None
    companions: Annotated[int | None, Field(ge=0, le=100, description="Who come along; each takes a unit more.")] = None
    amount_minor: Annotated[Amount | None, Field(description="The price of what is had.")] = None
    currency: Annotated[Currency | None, Field(description="Given exactly when the amount is.")] = None
    excess: Annotated[
        Literal["points", "money"] | None,
        Field(description="How a price above the benefit's ceiling is paid; absent: in points where the program may."),
    ] = None

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> Self:
        if (self.points is None) == (self.benefit is None):
            raise ValueError("exactly one of points and benefit is asked for")
        if (self.amount_minor is None) != (self.currency is None):
            raise ValueError("amount_minor and currency are given together or not at all")
        return self


class Use(Asked, Reference):
    """What is asked for, and where."""

    network: Annotated[Slug, Field(description="The merchant's, where the use is asked for.")]
    region: Annotated[Id | None, Field(description="Where the shop is.")] = None
    grant: Annotated[
        GrantId | None,
        Field(description="Units of this grant alone, and what it does not cover in money; absent: of any grant."),
    ] = None

    @model_validator(mode="after")
    def _names_no_grant_for_points(self) -> Self:
        if self.grant is not None and self.benefit is None:
            raise ValueError("a grant gives units of its benefit, and no points")
        return self


class Hold(Use):
    """What is asked for, and for how long it is kept."""

    hold_minutes: Annotated[Minutes | None, Field(description="Absent: as the program says, mostly 15.")] = None


class Capture(Reference):
    """What of the hold is taken."""

    points: Annotated[Points | None, Field(description="A part of the points held; absent: all.")] = None
    rest: Annotated[
        Literal["void", "keep"] | None,
        Field(description="What becomes of points not taken; absent: they are void. Kept points may be taken later."),
    ] = None


class Return(Reference):
    """What of the capture goes back."""

    points: Annotated[Points | None, Field(description="A part of the points taken; absent: all that is left.")] = None


class Purchase(Payload):
    """Which benefit is bought with points."""

    benefit: Slug
    units: Annotated[Units | None, Field(description="Absent: 1.")] = None


class Conversion(Payload):
    """Units of one benefit become units of another, at the program's rate."""

    benefit: Slug
    into: Slug
    units: Annotated[Units | None, Field(description="Of `into`; absent: as many as the rate gives at once.")] = None


class RedemptionRequested(Event):
    """A merchant asks to hold and capture in one step."""

    type: Literal["redemption.requested.v1"] = "redemption.requested.v1"
    data: Use


class HoldRequested(Event):
    """A merchant asks to hold points or units for a while."""

    type: Literal["redemption.hold-requested.v1"] = "redemption.hold-requested.v1"
    data: Hold


class CaptureRequested(Event):
    """A merchant asks to capture what it holds."""

    type: Literal["redemption.capture-requested.v1"] = "redemption.capture-requested.v1"
    data: Capture


class VoidRequested(Event):
    """A merchant lets go of what it holds."""

    type: Literal["redemption.void-requested.v1"] = "redemption.void-requested.v1"
    data: Reference


class ReversalRequested(Event):
    """A merchant gives back what it captured."""

    type: Literal["redemption.reversal-requested.v1"] = "redemption.reversal-requested.v1"
    data: Return


class BenefitPurchaseRequested(Event):
    """A channel asks to exchange points for units of a benefit."""

    type: Literal["benefit.purchase-requested.v1"] = "benefit.purchase-requested.v1"
    data: Purchase


class BenefitConversionRequested(Event):
    """A channel asks to turn units of one benefit into another."""

    type: Literal["benefit.conversion-requested.v1"] = "benefit.conversion-requested.v1"
    data: Conversion


class Lapse(Payload):
    """Nothing is to be said of it: each hold says when it lapses."""


class HoldsLapsed(Event):
    """The engine found that holds of the member are past their time."""

    type: Literal["redemption.holds-lapsed.v1"] = "redemption.holds-lapsed.v1"
    data: Lapse
