"""Demand and term deposits."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.event import Event
from schemas.fields import Id, Months, Payload, Slug
from schemas.money import Amount, Balance, Currency


class DepositBalance(Payload):
    """A demand account after a movement."""

    account: Id
    product: Slug
    balance_minor: Annotated[Balance, Field(description="After the movement.")]
    currency: Currency
    change_minor: Annotated[Balance | None, Field(description="The movement, when it is known.")] = None
    new_money: Annotated[bool, Field(description="Came from outside the bank.")] = False


class TermDepositOpening(Payload):
    """A term deposit begins."""

    account: Id
    product: Slug
    amount_minor: Amount
    balance_minor: Annotated[Balance, Field(description="Of the account after the event.")]
    currency: Currency
    tenor_months: Months
    new_money: Annotated[bool, Field(description="Came from outside the bank.")] = False
    renewal: Annotated[bool, Field(description="Continues a deposit that matured.")] = False


class TermDepositOutflow(Payload):
    """A term deposit paid out, wholly or in part."""

    account: Id
    product: Slug
    amount_minor: Amount
    balance_minor: Annotated[Balance, Field(description="Of the account after the event.")]
    currency: Currency


class DepositBalanceChanged(Event):
    """The balance of a demand account changed."""

    type: Literal["deposit.balance-changed.v1"] = "deposit.balance-changed.v1"
    data: DepositBalance


class TermDepositOpened(Event):
    """A term deposit was opened or renewed."""

    type: Literal["term-deposit.opened.v1"] = "term-deposit.opened.v1"
    data: TermDepositOpening


class TermDepositMatured(Event):
    """A term deposit reached its end."""

    type: Literal["term-deposit.matured.v1"] = "term-deposit.matured.v1"
    data: TermDepositOutflow


class TermDepositWithdrawnEarly(Event):
    """A term deposit was withdrawn before its end."""

    type: Literal["term-deposit.withdrawn-early.v1"] = "term-deposit.withdrawn-early.v1"
    data: TermDepositOutflow
