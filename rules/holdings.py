"""Accounts, wealth holdings, policies, loans and cards: what a member has, as last reported."""

from datetime import date

from rules.decision import BalanceDay
from rules.member import Family, Holding, Member
from schemas import events as e
from schemas.events import AnyEvent

Told = tuple[str, Family, str, int, bool]
"""Id, family, product, balance in minor units, and whether it is still open, as an event tells them."""


def balance_days(event: AnyEvent, key: bytes, member: Member, day: date) -> list[BalanceDay]:
    """The account's balance at the end of the event's business date, for events that report one."""
    match event:
        case e.DepositBalanceChanged() | e.TermDepositOpened() | e.TermDepositMatured() | e.TermDepositWithdrawnEarly():
            account = event.data.account
        case e.LoanBalanceChanged():
            account = event.data.loan
        case _:
            return []
    d = event.data
    on, sequence = event.business_date or day, event.sequence or 0
    return [
        BalanceDay(member.bank, account, on, member.member_id, d.product, d.currency, d.balance_minor, sequence, key)
    ]


def takes_holding(event: AnyEvent, member: Member, day: date) -> None:
    """Brings the draft's holding up to date; what is older than what is known already changes nothing."""
    told = _told(event, member)
    if told is None:
        return
    holding_id, family, product, balance_minor, is_open = told
    business_date, sequence = event.business_date or day, event.sequence or 0
    known = member.holdings.get(holding_id)
    currency = vars(event.data).get("currency")
    if known:
        if (business_date, sequence) < (known.business_date, known.sequence):
            return
        family, currency = known.family, currency or known.currency
    member.holdings[holding_id] = Holding(
        family, product, balance_minor, currency or "", business_date, sequence, is_open
    )


def _told(event: AnyEvent, member: Member) -> Told | None:
    match event:
        case e.CardPurchased():
            card = event.data.card
            return None if card in member.holdings else (card, "cards", "card", 0, True)
        case e.DepositBalanceChanged():
            return event.data.account, "deposits", event.data.product, event.data.balance_minor, True
        case e.TermDepositOpened() | e.TermDepositMatured() | e.TermDepositWithdrawnEarly():
            term = event.data
            return term.account, "deposits", term.product, term.balance_minor, term.balance_minor != 0
        case e.WealthSubscribed() | e.WealthRedeemed() | e.WealthMatured() | e.WealthValued():
            return _wealth(event, _known(member, event.data.holding))
        case e.InsurancePremiumPaid() | e.InsuranceValued() | e.InsuranceSurrendered() | e.InsuranceEnded():
            return _insurance(event, _known(member, event.data.policy))
        case e.LoanDisbursed() | e.LoanRepaid() | e.LoanBalanceChanged() | e.LoanSettled():
            return _loan(event, _known(member, event.data.loan))
        case _:
            return None


def _known(member: Member, holding_id: str) -> int:
    holding = member.holdings.get(holding_id)
    return holding.balance_minor if holding else 0


def _wealth(event: e.WealthSubscribed | e.WealthRedeemed | e.WealthMatured | e.WealthValued, before: int) -> Told:
    after = 0
    match event:
        case e.WealthSubscribed():
            after = before + event.data.amount_minor
        case e.WealthRedeemed():
            after = max(before - event.data.amount_minor, 0)
        case e.WealthValued():
            after = event.data.value_minor
        case e.WealthMatured():
            pass
    return event.data.holding, "wealth", event.data.product, after, after != 0


def _insurance(
    event: e.InsurancePremiumPaid | e.InsuranceValued | e.InsuranceSurrendered | e.InsuranceEnded, before: int
) -> Told:
    policy, product = event.data.policy, event.data.product
    match event:
        case e.InsuranceSurrendered() | e.InsuranceEnded():
            return policy, "insurance", product, 0, False
        case e.InsuranceValued():
            return policy, "insurance", product, event.data.value_minor, True
        case e.InsurancePremiumPaid():
            return policy, "insurance", product, before, True


def _loan(event: e.LoanDisbursed | e.LoanRepaid | e.LoanBalanceChanged | e.LoanSettled, before: int) -> Told:
    after = 0
    match event:
        case e.LoanBalanceChanged():
            after = event.data.balance_minor
        case e.LoanDisbursed():
            after = event.data.amount_minor
        case e.LoanRepaid():
            after = before - event.data.principal_minor if before > 0 else before
        case e.LoanSettled():
            pass
    return event.data.loan, "loans", event.data.product, after, not isinstance(event, e.LoanSettled)
