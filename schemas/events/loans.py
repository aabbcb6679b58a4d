"""Loans and their repayment."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.event import Event
from schemas.fields import Id, Months, Payload, Slug
from schemas.money import Amount, Balance, Currency


class LoanDisbursement(Payload):
    """Money lent."""

    loan: Id
    product: Slug
    amount_minor: Amount
    currency: Currency
    tenor_months: Months


class LoanRepayment(Payload):
    """Money paid back; fees may make the amount more than principal and interest."""

    loan: Id
    product: Slug
    amount_minor: Amount
    principal_minor: Amount
    interest_minor: Amount
    currency: Currency
    on_time: Annotated[bool, Field(description="By the day it was due.")]


class LoanBalance(Payload):
    """What is still owed, as a positive number."""

    loan: Id
    product: Slug
    balance_minor: Balance
    currency: Currency


class LoanSettlement(Payload):
    """The end of a loan."""

    loan: Id
    product: Slug
    early: Annotated[bool, Field(description="Before its last due day.")]


class LoanDisbursed(Event):
    """A loan was paid out."""

    type: Literal["loan.disbursed.v1"] = "loan.disbursed.v1"
    data: LoanDisbursement


class LoanRepaid(Event):
    """An instalment was paid."""

    type: Literal["loan.repaid.v1"] = "loan.repaid.v1"
    data: LoanRepayment


class LoanBalanceChanged(Event):
    """What is owed changed."""

    type: Literal["loan.balance-changed.v1"] = "loan.balance-changed.v1"
    data: LoanBalance


class LoanSettled(Event):
    """A loan was paid back in full."""

    type: Literal["loan.settled.v1"] = "loan.settled.v1"
    data: LoanSettlement
