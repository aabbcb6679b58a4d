"""Accounts, wealth holdings, policies, loans and cards: what a member has, as last reported."""

from datetime import date

from rules.cause import Cause
from rules.context import Context
from rules.decision import BalanceDay
from rules.member import Family, Holding, Member
from rules.metrics import averages, segments
from rules.metrics.flows import count_flows, moved
from rules.periods import windows
from rules.program import Program
from schemas import events as e
from schemas.events import AnyEvent

Told = tuple[str, Family, str, int, bool]
"""Id, family, product, balance in minor units, and whether it is still open, as an event tells them."""


def balance_days(event: AnyEvent, key: bytes, member: Member, day: date) -> tuple[BalanceDay, ...]:
    """The account's balance at the end of the event's business date, for events that report one."""
    if "balance_minor" not in vars(event.data):  # of most events, and a match that fails is slow
        return ()
    match event:
        case e.DepositBalanceChanged() | e.TermDepositOpened() | e.TermDepositMatured() | e.TermDepositWithdrawnEarly():
            account = event.data.account
        case e.LoanBalanceChanged():
            account = event.data.loan
        case _:
            return ()
    d = event.data
    on, sequence = event.business_date or day, event.sequence or 0
    return (
        BalanceDay(member.bank, account, on, member.member_id, d.product, d.currency, d.balance_minor, sequence, key),
    )


def takes_holding(cause: Cause, member: Member, program: Program, context: Context) -> None:
    """Brings the draft's holding up to date, and its end-of-day balances where a metric asks for them.

    What is older than what is known already changes only the days that it is of.
    """
    event, business_date = cause.event, cause.business_date
    told = _told(event, member, business_date)
    if told is None:
        return
    if program.daily_balances.products:
        _day_told(told, cause, member, program, context)
    holding_id, family, product, balance_minor, is_open = told
    sequence = event.sequence or 0
    known = member.holdings.get(holding_id)
    is_late = known is not None and (business_date, sequence) < (known.business_date, known.sequence)
    if program.flows:
        moved_minor = moved(event, None if is_late else known)
        count_flows(program.flows, moved_minor, product, member, windows(business_date))
    if is_late:
        return
    currency = vars(event.data).get("currency")
    if known:
        family, currency = known.family, currency or known.currency
    if program.prompts.flow_days and family in ("deposits", "wealth"):
        change = _change(event, known, balance_minor)
        member.watch = member.watch.flowed(cause.moment.day, change, program.prompts.flow_days)
    holding = Holding(family, product, balance_minor, currency or "", business_date, sequence, is_open)
    member.holdings = {**member.holdings, holding_id: holding}


def _change(event: AnyEvent, known: Holding | None, balance_minor: int) -> int:
    """What came in (above zero) or went out. Of an account never heard of only what the event itself tells."""
    told = vars(event.data).get("change_minor")
    if told is not None:
        return int(told)
    opened = isinstance(event, e.TermDepositOpened | e.WealthSubscribed)
    return balance_minor - known.balance_minor if known else balance_minor if opened else 0


def _day_told(told: Told, cause: Cause, member: Member, program: Program, context: Context) -> None:
    holding_id, _, product, balance_minor, _ = told
    known, averaged = member.holdings.get(holding_id), program.daily_balances.products
    asked = product in averaged or holding_id in member.segments or (known and known.product in averaged)
    if not asked or isinstance(cause.event, e.InsurancePremiumPaid):  # which tells of no value
        return
    segment = [cause.business_date.toordinal(), balance_minor, cause.event.sequence or 0]
    segments.told(member, holding_id, product, segment, _keep_from(cause.moment.day, program, context))
    averages.correct(member, program, segment[0], cause.moment.day)
    if known is None:
        averages.fall_due(member, program, cause.moment.day, context.closed_through)


def _keep_from(day: date, program: Program, context: Context) -> int:
    """Days are kept while a window that is not closed, or a correction of one that is, may ask for them."""
    oldest = day.toordinal() - segments.MOST_DAYS
    if context.closed_through is None:
        return oldest
    complete = min(day, context.closed_through).toordinal()
    return max(complete - program.daily_balances.days - segments.LATE_DAYS, oldest)


def _told(event: AnyEvent, member: Member, on: date) -> Told | None:
    match event:
        case e.CardPurchased():
            card = event.data.card
            return None if card in member.holdings else (card, "cards", "card", 0, True)
        case e.DepositBalanceChanged():
            return event.data.account, "deposits", event.data.product, event.data.balance_minor, True
        case e.TermDepositOpened() | e.TermDepositMatured() | e.TermDepositWithdrawnEarly():
            term = event.data
            return term.account, "deposits", term.product, term.balance_minor, term.balance_minor != 0
        case e.AccountOwnerChanged() if event.data.balance_minor is not None:
            return event.data.account, "deposits", event.data.product, event.data.balance_minor, True
        case e.WealthSubscribed() | e.WealthRedeemed() | e.WealthMatured() | e.WealthValued():
            return _wealth(event, _known(member, event.data.holding, on))
        case e.InsurancePremiumPaid() | e.InsuranceValued() | e.InsuranceSurrendered() | e.InsuranceEnded():
            return _insurance(event, _known(member, event.data.policy, on))
        case e.LoanDisbursed() | e.LoanRepaid() | e.LoanBalanceChanged() | e.LoanSettled():
            return _loan(event, _known(member, event.data.loan, on))
        case _:
            return None


def _known(member: Member, holding_id: str, on: date) -> int:
    holding = member.holdings.get(holding_id)
    if holding is None:
        return 0
    if on < holding.business_date and holding_id in member.segments:
        return segments.balance_on(member, holding_id, on.toordinal())
    return holding.balance_minor


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
