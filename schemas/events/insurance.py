"""Insurance sold through the bank."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.event import Event
from schemas.fields import Id, Payload, Slug
from schemas.money import Amount, Currency


class InsurancePremium(Payload):
    """A premium paid."""

    policy: Id
    product: Slug
    amount_minor: Amount
    currency: Currency
    annualised_premium_minor: Annotated[Amount, Field(description="Of the policy, in the same currency.")]
    payment_term_years: Annotated[int, Field(ge=1, le=100, description="1 for a single premium.")]
    policy_month: Annotated[int, Field(ge=1, le=1200, description="The policy's first month is 1.")]


class InsurancePolicy(Payload):
    """Which policy."""

    policy: Id
    product: Slug


class InsuranceValuation(Payload):
    """The cash value of a policy."""

    policy: Id
    product: Slug
    value_minor: Amount
    currency: Currency


class InsuranceSurrender(Payload):
    """What was paid out when a policy was given up."""

    policy: Id
    product: Slug
    amount_minor: Amount
    currency: Currency


class InsuranceEnd(Payload):
    """Why a policy ended."""

    policy: Id
    product: Slug
    cause: Literal["matured", "lapsed", "claimed", "cancelled"]


class InsurancePremiumPaid(Event):
    """A premium was paid."""

    type: Literal["insurance.premium-paid.v1"] = "insurance.premium-paid.v1"
    data: InsurancePremium


class InsuranceCoolingOffPassed(Event):
    """The time in which a policy can be returned has passed."""

    type: Literal["insurance.cooling-off-passed.v1"] = "insurance.cooling-off-passed.v1"
    data: InsurancePolicy


class InsuranceValued(Event):
    """A policy's cash value was stated."""

    type: Literal["insurance.valued.v1"] = "insurance.valued.v1"
    data: InsuranceValuation


class InsuranceSurrendered(Event):
    """A policy was given up for its cash value."""

    type: Literal["insurance.surrendered.v1"] = "insurance.surrendered.v1"
    data: InsuranceSurrender


class InsuranceEnded(Event):
    """A policy ended otherwise."""

    type: Literal["insurance.ended.v1"] = "insurance.ended.v1"
    data: InsuranceEnd
