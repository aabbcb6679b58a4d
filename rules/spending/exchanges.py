"""Points are exchanged for units of a benefit, and units of one benefit for units of another."""

from rules.cause import Cause
from rules.decision import Decision, Denial
from rules.member import Member
from rules.points.moves import take_points
from rules.program import Program
from rules.spending import spend
from rules.spending.benefits import Gift, Term, grant, revoke
from rules.spending.stops import Asked, Stops, stopped
from rules.spending.units import units_frozen, units_of
from schemas.events import BenefitConversionRequested, BenefitPurchaseRequested


def buy(
    event: BenefitPurchaseRequested, cause: Cause, decision: Decision, program: Program, stops: Stops
) -> Denial | None:
    """Exchanges points for units at the benefit's price."""
    told, member, day = event.data, decision.member, cause.moment.day
    barred = _barred(told.benefit, told.benefit, member, program, stops)
    if barred is not None:
        return barred
    benefit, units = program.benefit(told.benefit), told.units or 1
    if benefit is None:
        return Denial("unknown-benefit", f"the program has no benefit called {told.benefit}")
    if benefit.price is None or program.pays_with is None:
        return Denial("not-for-sale", f"{told.benefit} is not sold for points")
    purse = spend.Purse(program.pays_with, None, benefit.network, goods=benefit.goods)
    lots = spend.reserved(benefit.price * units, purse, member, day)
    if isinstance(lots, Denial):
        return lots
    take_points(*spend.debit(lots, program.pays_with, member), cause, decision, program)
    grant(Gift(benefit, units, Term("bought", day, benefit.good_until(day))), cause, decision, program)
    return None


def convert(
    event: BenefitConversionRequested, cause: Cause, decision: Decision, program: Program, stops: Stops
) -> Denial | None:
    """Turns units of one benefit into units of another; they are good as long as those they came from."""
    told, grants = event.data, decision.member.grants
    barred = _barred(told.benefit, told.into, decision.member, program, stops)
    if barred is not None:
        return barred
    benefit, into = program.benefit(told.benefit), program.benefit(told.into)
    if benefit is None or into is None:
        return Denial("unknown-benefit", f"the program has no benefit called {told.into if benefit else told.benefit}")
    if units_frozen(decision.member):
        return Denial("member-frozen", spend.FROZEN)
    rate = benefit.converts.get(into.id)
    if rate is None:
        return Denial("not-convertible", f"{benefit.id} does not convert to {into.id}")
    asked = rate.gives if told.units is None else told.units
    if asked % rate.gives:
        return Denial("not-convertible", f"{into.id} comes {rate.gives} at a time")
    taken = units_of(benefit, asked // rate.gives * rate.units, cause, grants)
    if isinstance(taken, Denial):
        return taken
    if any(grants[id_].units is None for id_, _ in taken):
        return Denial("not-convertible", f"{benefit.id} is without limit")
    until = min(grants[id_].valid_until for id_, _ in taken)
    for id_, n in taken:
        revoke(id_, n, "converted", cause, decision)
    grant(Gift(into, asked, Term("converted", cause.moment.day, until)), cause, decision, program)
    return None


def _barred(given: str, asked: str, member: Member, program: Program, stops: Stops) -> Denial | None:
    """Why units may not be had now: what is stopped cannot be used, and would cost points or other units."""
    benefit = program.benefit(asked)
    suspended = stopped(Asked(benefit.network if benefit else None, None, (given, asked)), stops)
    if suspended is None and member.status != "enrolled":
        return Denial("member-provisional", "a member who is not enrolled yet earns and cannot spend")
    return suspended
