"""Accounts, wealth holdings, policies, loans and cards: what a member has, as last reported."""

from dataclasses import replace
from datetime import date

from rules.decision import BalanceDay
from rules.member import Family, Holding, Member
from schemas import events as e
from schemas.events import AnyEvent

_DEPOSIT = (e.DepositBalanceChanged, e.TermDepositOpened, e.TermDepositMatured, e.TermDepositWithdrawnEarly)


def balance_day(event: AnyEvent, key: bytes, member: Member, day: date) -> list[BalanceDay]:
    """The account's balance at the end of the event's business date, for events that report one."""
    match event:
        case e.DepositBalanceChanged() | e.TermDepositOpened() | e.TermDepositMatured() | e.TermDepositWithdrawnEarly():
            account, data = event.data.account, event.data
        case e.LoanBalanceChanged():
            account, data = event.data.loan, event.data
        case _:
            return []
    on = event.business_date or day
    row = BalanceDay(
        member.bank, account, on, member.member_id, data.product, data.currency, data.balance_minor,
        event.sequence or 0, key,
    )  # fmt: skip
    return [row]


def takes_holding(event: AnyEvent, member: Member, day: date) -> None:
    """Brings the draft's holding up to date; what is older than what is known already changes nothing."""
    told = _told(event, member)
    if told is None:
        return
    holding_id, family, product, balance_minor, is_open = told
    business_date, sequence = event.business_date or day, event.sequence or 0
    known = member.holdings.get(holding_id)
    if known and (business_date, sequence) < (known.business_date, known.sequence):
        return
    currency = getattr(event.data, "currency", None) or (known.currency if known else "")
    if known:
        member.holdings[holding_id] = replace(
            known, product=product, balance_minor=balance_minor, business_date=business_date, sequence=sequence,
            open=is_open, currency=currency,
        )  # fmt: skip
    else:
        member.holdings[holding_id] = Holding(
            family, product, balance_minor, currency, business_date, sequence, is_open
        )


def _told(event: AnyEvent, member: Member) -> tuple[str, Family, str, int, bool] | None:
    """Id, family, product, balance and whether it is still open, as the event tells them."""
    match event:
        case e.CardPurchased():
            card = event.data.card
            return None if card in member.holdings else (card, "cards", "card", 0, True)
        case e.DepositBalanceChanged():
            d = event.data
            return d.account, "deposits", d.product, d.balance_minor, True
        case e.TermDepositOpened() | e.TermDepositMatured() | e.TermDepositWithdrawnEarly():
            d = event.data
            return d.account, "deposits", d.product, d.balance_minor, d.balance_minor != 0
        case e.WealthSubscribed() | e.WealthRedeemed() | e.WealthMatured() | e.WealthValued():
            return _wealth(event, member)
        case e.InsurancePremiumPaid() | e.InsuranceValued() | e.InsuranceSurrendered() | e.InsuranceEnded():
            return _insurance(event, member)
        case e.LoanDisbursed() | e.LoanRepaid() | e.LoanBalanceChanged() | e.LoanSettled():
            return _loan(event, member)
        case _:
            return None


def _known(member: Member, holding_id: str) -> int:
    holding = member.holdings.get(holding_id)
    return holding.balance_minor if holding else 0


def _wealth(
    event: e.WealthSubscribed | e.WealthRedeemed | e.WealthMatured | e.WealthValued, member: Member
) -> tuple[str, Family, str, int, bool]:
    d = event.data
    before = _known(member, d.holding)
    match event:
        case e.WealthSubscribed():
            after = before + event.data.amount_minor
        case e.WealthRedeemed():
            after = max(before - event.data.amount_minor, 0)
        case e.WealthMatured():
            after = 0
        case e.WealthValued():
            after = event.data.value_minor
    return d.holding, "wealth", d.product, after, after != 0


def _insurance(
    event: e.InsurancePremiumPaid | e.InsuranceValued | e.InsuranceSurrendered | e.InsuranceEnded, member: Member
) -> tuple[str, Family, str, int, bool]:
    d = event.data
    match event:
        case e.InsuranceSurrendered() | e.InsuranceEnded():
            return d.policy, "insurance", d.product, 0, False
        case e.InsuranceValued():
            return d.policy, "insurance", d.product, event.data.value_minor, True
        case e.InsurancePremiumPaid():
            return d.policy, "insurance", d.product, _known(member, d.policy), True


def _loan(
    event: e.LoanDisbursed | e.LoanRepaid | e.LoanBalanceChanged | e.LoanSettled, member: Member
) -> tuple[str, Family, str, int, bool]:
    d = event.data
    before = _known(member, d.loan)
    match event:
        case e.LoanSettled():
            after = 0
        case e.LoanBalanceChanged():
            after = event.data.balance_minor
        case e.LoanDisbursed():
            after = event.data.amount_minor
        case e.LoanRepaid():
            after = before - event.data.principal_minor if before > 0 else before
    return d.loan, "loans", d.product, after, not isinstance(event, e.LoanSettled)
