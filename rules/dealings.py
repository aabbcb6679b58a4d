"""Dealings: what members do with the bank, told by its systems. Nearly all events are of these types.

A type is looked up in a set, since `isinstance` takes four times as long to say that an event is of another.
"""

from typing import Any, Final, get_args

from typing_extensions import TypeIs

from schemas import events as e

TellsOfHolding = (
    e.CardPurchased | e.DepositBalanceChanged | e.TermDepositOpened | e.TermDepositMatured
    | e.TermDepositWithdrawnEarly | e.WealthSubscribed | e.WealthRedeemed | e.WealthMatured
    | e.WealthValued | e.InsurancePremiumPaid | e.InsuranceValued | e.InsuranceSurrendered
    | e.InsuranceEnded | e.LoanDisbursed | e.LoanRepaid | e.LoanBalanceChanged | e.LoanSettled
)  # fmt: skip
OnlyEarns = (
    e.InsuranceCoolingOffPassed | e.PayrollCredited | e.BillPaid | e.ChannelActivated | e.TaskCompleted
    | e.MemberContacted
)  # fmt: skip

_TELLING_OF_HOLDINGS: Final = frozenset(get_args(TellsOfHolding))
_ONLY_EARNING: Final = frozenset(get_args(OnlyEarns))


def tells_of_holding(event: Any) -> TypeIs[TellsOfHolding]:
    """Whether it tells what the member has: an account, a wealth holding, a policy, a loan or a card."""
    return type(event) in _TELLING_OF_HOLDINGS


def only_earns(event: Any) -> TypeIs[OnlyEarns]:
    """Whether it changes nothing but what rules and metrics make of it."""
    return type(event) in _ONLY_EARNING
