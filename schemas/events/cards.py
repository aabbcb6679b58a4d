"""Debit and credit cards. A card is a token with a letter in it, never its number."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.event import Event
from schemas.fields import Day, EventId, Id, Payload, Source, together
from schemas.money import Amount, Currency

Mcc = Annotated[str, Field(min_length=4, max_length=4, pattern=r"^[0-9]{4}$", description="ISO 18245.")]


class CardPurchase(Payload):
    """A purchase as it was posted to the card's account."""

    card: Id
    amount_minor: Amount
    currency: Currency
    mcc: Mcc
    merchant: Id
    channel: Literal["pos", "online", "atm", "transit", "phone"]


class CardRefund(Payload):
    """Money back. The purchase it belongs to is named by all three of `original_…`, or not at all."""

    model_config = together("original_source", "original_id", "original_business_date")

    card: Id
    amount_minor: Amount
    currency: Currency
    mcc: Mcc
    merchant: Id
    original_source: Source | None = None
    original_id: EventId | None = None
    original_business_date: Day | None = None

    @model_validator(mode="after")
    def _names_the_original_wholly(self) -> Self:
        named = (self.original_source, self.original_id, self.original_business_date)
        if None in named and named != (None, None, None):
            raise ValueError("original_source, original_id and original_business_date are given together or not at all")
        return self


class CardPurchased(Event):
    """A card was used."""

    type: Literal["card.purchased.v1"] = "card.purchased.v1"
    data: CardPurchase


class CardRefunded(Event):
    """A merchant gave money back to a card."""

    type: Literal["card.refunded.v1"] = "card.refunded.v1"
    data: CardRefund
