"""Units of benefits are used: who may, where and how often, and what a use costs beyond its ceiling."""

from collections.abc import Mapping
from datetime import date
from math import inf
from typing import NamedTuple
from uuid import UUID

from rules.cause import Cause
from rules.decision import Denial
from rules.member import Member
from rules.metrics.counters import counted, used
from rules.moment import Moment
from rules.periods import windows
from rules.program import Program
from rules.spending import spend
from rules.spending.terms import EVERYBODY, Benefit
from rules.spending.vouchers import OpenGrant, Parts, Redemption
from schemas.events.merges import UnitsReturned
from schemas.events.redemptions import Use


class Booking(NamedTuple):
    """What a request takes, of what: points of lots, units of grants, or both."""

    point_type: str | None = None
    points: int = 0
    lots: Parts = ()
    benefit_id: str | None = None
    units: int = 0
    grants: Parts = ()
    payable_minor: int | None = None


class Price(NamedTuple):
    """What a use costs the customer: points, and money (None where no price was told)."""

    points: int
    payable_minor: int | None


class Place(NamedTuple):
    """Where a benefit is asked for: the merchant's network, and the shop's region if it says one."""

    network: str
    region: str | None


class Offer(NamedTuple):
    """A benefit that a member may use somewhere on a day: `units` left, None without limit, the first till when."""

    benefit: Benefit
    units: int | None
    valid_until: date
    ceiling_minor: int | None


def offered(place: Place, member: Member, moment: Moment, program: Program, *, of: str | None = None) -> list[Offer]:
    """What may be had at a merchant now, of any grant or of one; a price, companions or frequency may still bar it."""
    offers: list[Offer] = []
    for benefit in program.benefits:
        here = benefit.network == place.network and (not benefit.regions or place.region in benefit.regions)
        if not here or not all(passes(member, moment) for passes in benefit.gate):
            continue
        valid = [g for g in _within(of, member).values() if g.benefit_id == benefit.id]
        valid = [g for g in valid if g.valid_from <= moment.day < g.valid_until and g.left != 0]
        if valid:
            left = None if any(g.left is None for g in valid) else sum(g.left or 0 for g in valid)
            ceiling = benefit.ceilings.get(member.tier or EVERYBODY)
            offers.append(Offer(benefit, left, min(g.valid_until for g in valid), ceiling))
    return offers


def booked(use: Use, cause: Cause, member: Member, program: Program) -> Booking | Denial:
    """The units that the use takes and the points that its excess costs, or why it may not be."""
    benefit = program.benefit(use.benefit or "")
    if benefit is None:
        return Denial("unknown-benefit", f"the program has no benefit called {use.benefit}")
    units = (use.units or 1) + (use.companions or 0)
    denial = _barred(benefit, use, cause, member)
    if denial is not None:
        return denial
    grants = units_of(benefit, units, cause, _within(use.grant, member))
    price = _price(benefit, use, member)
    if isinstance(grants, Denial):
        return grants
    if isinstance(price, Denial):
        return price
    lots: Parts | Denial = ()
    if price.points:
        purse = spend.Purse(program.pays_with or "", use.merchant, use.network, goods=benefit.goods)
        lots = spend.reserved(price.points, purse, member, cause.moment.day)
    if isinstance(lots, Denial):
        return lots
    pays = program.pays_with if price.points else None
    return Booking(pays, price.points, lots, benefit.id, units, grants, price.payable_minor)


def _barred(benefit: Benefit, use: Use, cause: Cause, member: Member) -> Denial | None:
    """Why the benefit may not be used here, by this member or so soon."""
    if units_frozen(member):
        return Denial("member-frozen", spend.FROZEN)
    if use.network != benefit.network:
        return Denial("wrong-network", f"{benefit.id} is for merchants of {benefit.network}")
    if benefit.regions and use.region not in benefit.regions:
        return Denial("wrong-region", f"{benefit.id} is for {', '.join(sorted(benefit.regions))}")
    if (use.companions or 0) > benefit.companions:
        return Denial("too-many-companions", f"{benefit.companions} may come along")
    if not all(passes(member, cause.moment) for passes in benefit.gate):
        return Denial("gate-not-met", f"the member does not do what {benefit.id} asks for")
    if benefit.at_most is not None:
        uses = used(member, _counter(benefit.id), benefit.at_most.period, cause.moment.windows)
        if uses is None or uses >= benefit.at_most.uses:
            return Denial("too-soon", f"{benefit.at_most.uses} per {benefit.at_most.period}, and that was had")
    return None


def units_frozen(member: Member) -> bool:
    """Whether units may not be used."""
    return member.frozen is not None and member.frozen.kind != "no-burn"


def _within(grant: str | None, member: Member) -> Mapping[bytes, OpenGrant]:
    """The grants of which units may be: those of the member, or of them the one that is named."""
    if grant is None:
        return member.grants
    id_ = UUID(grant).bytes
    return {id_: member.grants[id_]} if id_ in member.grants else {}


def units_of(benefit: Benefit, units: int, cause: Cause, grants: Mapping[bytes, OpenGrant]) -> Parts | Denial:
    """Of which of the grants the units are: what ends soonest first."""
    day, ours = cause.moment.day, [(i, g) for i, g in grants.items() if g.benefit_id == benefit.id]
    if not ours:
        return Denial("benefit-not-granted", f"the member was not granted {benefit.id} so, or its time is over")
    valid = [(i, g) for i, g in ours if g.valid_from <= day < g.valid_until]
    if not valid:
        return Denial("benefit-not-valid-today", f"no units of {benefit.id} are good on {day}")
    parts: list[tuple[bytes, int]] = []
    left = units
    for id_, open_ in _in_order(valid):
        here = left if open_.left is None else min(left, open_.left)
        if here:
            parts.append((id_, here))
            left -= here
    if left:
        return Denial("benefit-used-up", f"{units - left} units are left; asked were {units}")
    return tuple(parts)


def _in_order(grants: list[tuple[bytes, OpenGrant]]) -> list[tuple[bytes, OpenGrant]]:
    return sorted(grants, key=lambda pair: (pair[1].valid_until, pair[1].valid_from, pair[0]))


def _price(benefit: Benefit, use: Use, member: Member) -> Price | Denial:
    """The benefit covers its part of the price up to the ceiling; what is above costs points or money.

    Whoever names a grant was let have its units, and none of the member's points.
    """
    amount, ceiling = use.amount_minor, benefit.ceilings.get(member.tier or EVERYBODY)
    if amount is None:
        if benefit.ceilings:
            return Denial("amount-needed", f"{benefit.id} covers a price up to a ceiling; tell the price")
        return Price(0, None)
    part = amount * (benefit.discount_percent or 100) // 100
    covered = part if ceiling is None else min(part, ceiling)
    if benefit.excess is None or use.grant is not None:
        if use.excess == "points":
            return Denial("points-not-taken", f"what {benefit.id} does not cover is paid in money")
        return Price(0, amount - covered)
    if use.excess == "money":
        return Price(0, amount - covered)
    numerator, denominator = benefit.excess
    return Price(-(-(part - covered) * numerator // denominator), amount - part)


def use_units(held: Redemption, member: Member, program: Program, *, back: bool = False) -> None:
    """Counts the use and its units, or gives them back; what ended or was revoked meanwhile does not come back."""
    if held.benefit_id is None or member.status == "merged":
        return  # what a member that merged had, the survivor has
    for id_, units in held.grants:
        open_ = member.grants.get(id_)
        if open_ is not None:
            # What two used before they merged was counted up to one allowance: no more of it comes back.
            used = open_._replace(used=max(open_.used - units, 0) if back else open_.used + units)
            member.grants = {**member.grants, id_: used}
    benefit = program.benefit(held.benefit_id)
    if benefit is not None and benefit.at_most is not None:
        in_windows = windows(held.used_on)
        counted(member, _counter(benefit.id), benefit.at_most.period, in_windows, -1 if back else 1)


def units_returned(told: UnitsReturned, member: Member, program: Program) -> None:
    """Gives back units that another used before it merged: to the same grants, or to what stands for them now."""
    left, grants = 0, dict(member.grants)
    for one in told.grants:
        id_, open_ = bytes.fromhex(one.grant), grants.get(bytes.fromhex(one.grant))
        here = min(one.units, open_.used) if open_ else 0
        left += one.units - here
        if open_:
            grants[id_] = open_._replace(used=open_.used - here)
    for id_, open_ in _in_order([(i, g) for i, g in grants.items() if g.benefit_id == told.benefit]):
        here = min(left, open_.used) if open_.valid_from <= told.used_on else 0
        left -= here
        grants[id_] = open_._replace(used=open_.used - here)
    member.grants = grants
    benefit = program.benefit(told.benefit)
    if benefit is not None and benefit.at_most is not None:
        counted(member, _counter(benefit.id), benefit.at_most.period, windows(told.used_on), -1)


def _counter(benefit_id: str) -> str:
    return f"use:{benefit_id}"


def absorb_grants(theirs: dict[bytes, OpenGrant], member: Member, program: Program) -> None:
    """Of each allowance the larger stays; what was used of the other was used by the same person.

    Units that were bought, converted or given for milestones are the member's beside its own.
    """
    earned = {id_: one for id_, one in theirs.items() if is_earned(one.benefit_id, one.period, program)}
    theirs = {id_: one for id_, one in theirs.items() if id_ not in earned}
    beside = {id_: one for id_, one in member.grants.items() if is_earned(one.benefit_id, one.period, program)}
    member.grants = {id_: one for id_, one in member.grants.items() if id_ not in beside}
    for benefit_id in {one.benefit_id for one in theirs.values()}:
        own, other = ({i: g for i, g in all_.items() if g.benefit_id == benefit_id} for all_ in (member.grants, theirs))
        larger, smaller = (other, own) if _size(other) > _size(own) else (own, other)
        used_too = sum(one.used for one in smaller.values())
        kept = {id_: one for id_, one in member.grants.items() if id_ not in own}
        for id_, open_ in _in_order(list(larger.items())):
            more = used_too if open_.left is None else min(used_too, open_.left)
            used_too -= more
            kept[id_] = open_._replace(used=open_.used + more)
        member.grants = kept
    member.grants = {**member.grants, **beside, **earned}


def is_earned(benefit_id: str, period: str, program: Program) -> bool:
    """Whether units are had for what was done or paid, and not by a tier's allowance of a period."""
    benefit = program.benefit(benefit_id)
    return period in ("bought", "converted") or (benefit is not None and benefit.occasion == "milestone")


def _size(grants: dict[bytes, OpenGrant]) -> float:
    return sum(inf if one.units is None else one.units for one in grants.values())
