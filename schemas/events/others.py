"""Everyday dealings that belong to no product area, and the reversal of any event."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.event import Event
from schemas.fields import Day, EventId, Id, MemberId, Payload, Slug, Source, together
from schemas.money import Amount, Balance, Currency


class Payroll(Payload):
    """Income paid into an account."""

    account: Id
    amount_minor: Amount
    currency: Currency
    kind: Literal["salary", "pension"]


class BillPayment(Payload):
    """A bill paid."""

    account: Id
    amount_minor: Amount
    currency: Currency
    biller: Id
    kind: Annotated[Slug, Field(description="Such as electricity, water, phone, tax.")]


class ChannelActivation(Payload):
    """Which channel."""

    channel: Annotated[Slug, Field(description="Such as mobile-bank, mini-program, digital-wallet.")]


class TaskCompletion(Payload):
    """Which task."""

    task: Annotated[Slug, Field(description="As the program names it.")]


class Referral(Payload):
    """Who was brought; the event's subject is who brought them."""

    referred_member: MemberId


class Welcome(Payload):
    """Who brought the event's subject."""

    referrer: MemberId


class OwnerChange(Payload):
    """Whose the account is from now on; the event's subject is whose it was.

    The engine passes it on to the new owner with the balance that it knew.
    """

    model_config = together("balance_minor", "currency")

    account: Id
    product: Slug
    new_owner: MemberId
    balance_minor: Annotated[Balance | None, Field(description="At the end of that day, when it is known.")] = None
    currency: Annotated[Currency | None, Field(description="Given exactly when the balance is.")] = None

    @model_validator(mode="after")
    def _a_balance_has_its_currency(self) -> Self:
        if (self.balance_minor is None) != (self.currency is None):
            raise ValueError("balance_minor and currency are given together or not at all")
        return self


class Reversal(Payload):
    """What is taken back, of which event."""

    model_config = together("amount_minor", "currency")

    amount_minor: Annotated[Amount | None, Field(description="Absent: the whole.")] = None
    currency: Annotated[Currency | None, Field(description="Given exactly when the amount is.")] = None
    original_source: Source
    original_id: EventId
    original_business_date: Day

    @model_validator(mode="after")
    def _an_amount_has_its_currency(self) -> Self:
        if (self.amount_minor is None) != (self.currency is None):
            raise ValueError("amount_minor and currency are given together or not at all")
        return self


class PayrollCredited(Event):
    """Salary or pension arrived."""

    type: Literal["payroll.credited.v1"] = "payroll.credited.v1"
    data: Payroll


class BillPaid(Event):
    """A bill was paid."""

    type: Literal["bill.paid.v1"] = "bill.paid.v1"
    data: BillPayment


class ChannelActivated(Event):
    """A channel was used for the first time."""

    type: Literal["channel.activated.v1"] = "channel.activated.v1"
    data: ChannelActivation


class TaskCompleted(Event):
    """A task of the program was done."""

    type: Literal["task.completed.v1"] = "task.completed.v1"
    data: TaskCompletion


class ReferralCompleted(Event):
    """A referred person did what counts."""

    type: Literal["referral.completed.v1"] = "referral.completed.v1"
    data: Referral


class ReferralWelcomed(Event):
    """The subject was brought by another member, who did what counts for it. Sent by the engine."""

    type: Literal["referral.welcomed.v1"] = "referral.welcomed.v1"
    data: Welcome


class AccountOwnerChanged(Event):
    """An account counts for another member; a joint account counts once, for the owner named."""

    type: Literal["account.owner-changed.v1"] = "account.owner-changed.v1"
    data: OwnerChange


class TransactionReversed(Event):
    """An earlier event is taken back, wholly or in part."""

    type: Literal["transaction.reversed.v1"] = "transaction.reversed.v1"
    data: Reversal
