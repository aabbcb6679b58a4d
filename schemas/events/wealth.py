"""Wealth products and funds."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.event import Event
from schemas.fields import Id, Payload, Slug
from schemas.money import Amount, Currency


class WealthSubscription(Payload):
    """Money into a holding."""

    holding: Id
    product: Slug
    amount_minor: Amount
    currency: Currency
    risk_class: Annotated[int, Field(ge=1, le=5, description="R1 to R5.")]
    days: Annotated[int | None, Field(ge=1, le=36_600, description="Until it matures; absent: open-ended.")] = None


class WealthPayout(Payload):
    """Money out of a holding."""

    holding: Id
    product: Slug
    amount_minor: Amount
    currency: Currency


class WealthValuation(Payload):
    """What a holding is worth."""

    holding: Id
    product: Slug
    value_minor: Amount
    currency: Currency


class WealthSubscribed(Event):
    """A wealth product was bought."""

    type: Literal["wealth.subscribed.v1"] = "wealth.subscribed.v1"
    data: WealthSubscription


class WealthRedeemed(Event):
    """A wealth product was sold back, wholly or in part."""

    type: Literal["wealth.redeemed.v1"] = "wealth.redeemed.v1"
    data: WealthPayout


class WealthMatured(Event):
    """A wealth product reached its end."""

    type: Literal["wealth.matured.v1"] = "wealth.matured.v1"
    data: WealthPayout


class WealthValued(Event):
    """A holding was valued."""

    type: Literal["wealth.valued.v1"] = "wealth.valued.v1"
    data: WealthValuation
