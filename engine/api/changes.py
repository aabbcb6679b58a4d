"""What is proposed, kind by kind: whom it concerns, how many have to approve it, and how it is carried out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, assert_never

from engine import candidates, stops
from engine.api.problems import Problem
from engine.setup import SetupError
from engine.store.sql import statement
from rules.points.adjustments import Wanted, checkers, never
from rules.program import Program
from schemas import events as e
from schemas.api import proposals as told
from schemas.api.proposals import AnyChange, OfBank, Proposal, Proposing

DAYS: Final = 7
"""So long a proposal may be approved, where the program says nothing of its kind."""


class Terms(NamedTuple):
    """How many have to approve a proposal, and for how many days they may."""

    needs: int
    days: int


def terms(wanted: Proposing, program: Program) -> Terms:
    """As the program has it; Problem where it allows none such, whoever approves."""
    change = wanted.change
    if not isinstance(change, told.PointsAdjustment):
        return Terms(1, DAYS)
    why = never(Wanted(change.point_type, change.points, wanted.reason), program)
    if why is not None or program.adjustments is None:
        raise Problem("adjustment-not-allowed", str(why))
    return Terms(checkers(change.points, program.adjustments), program.adjustments.valid_days)


def subject(change: AnyChange) -> str:
    """Whom it concerns, as the audit trail names it."""
    if isinstance(change, told.MerchantStanding | told.MerchantPace | told.MerchantRegistration):
        return f"merchant/{change.merchant}"
    if isinstance(change, told.KeyMaking):
        return f"{change.role}/{change.holder}"
    if isinstance(change, told.ProgramActivation):
        return f"program/{change.program_hash}"
    if isinstance(change, told.Resumption):
        return stops.meant(change.what).subject
    return f"member/{change.member_id}"


async def exists(session: Any, bank: str, change: AnyChange) -> bool:
    """Whether whom it concerns is the bank's; Problem where it is to become so and is."""
    if isinstance(change, told.MerchantStanding | told.MerchantPace):
        return await _has(session, bank, change.merchant)
    if isinstance(change, told.MerchantRegistration):
        if await _has(session, bank, change.merchant):
            raise _known(bank, change.merchant)
        return True
    if isinstance(change, told.KeyMaking):
        return change.role == "channel" or await _has(session, bank, change.holder)
    if isinstance(change, told.ProgramActivation):
        return await candidates.find(session, bank, bytes.fromhex(change.program_hash)) is not None
    if isinstance(change, told.Resumption):
        return await stops.in_force(session, bank, stops.meant(change.what)) is not None
    return await session.fetchrow(statement("view_member"), bank, change.member_id) is not None


async def _has(session: Any, bank: str, merchant: str) -> bool:
    return await session.fetchval(statement("merchant_places"), [bank], [merchant]) is not None


def _known(bank: str, merchant: str) -> Problem:
    return Problem("merchant-known", f"{bank} has a merchant called {merchant}")


class Becomes(NamedTuple):
    """The command that an approved change is: of whom, and its type and content."""

    member_id: str
    kind: type[e.AnyEvent]
    about: dict[str, Any]


def event_of(of: Proposal) -> Becomes:
    """The command of a member's change, with its maker and whoever approved it."""
    maker, reason, case = of.proposed_by, of.reason, of.case or f"proposal-{of.proposal_id}"
    match of.change:
        case told.PointsAdjustment(member_id=member, point_type=point_type, points=points):
            return Becomes(member, e.PointsAdjusted, {
                "point_type": point_type, "points": points, "reason": reason, "requested_by": maker,
                "requested_at": of.proposed_at.isoformat(), "approved_by": list(of.approved_by), "case": case,
            })  # fmt: skip
        case told.Freeze(member_id=member, freeze=freeze):
            return Becomes(member, e.MemberFrozen, {"freeze": freeze, "reason": reason, "by": maker})
        case told.Unfreeze(member_id=member):
            return Becomes(member, e.MemberUnfrozen, {"reason": reason, "by": maker})
        case told.Tier(member_id=member, tier=tier, until=until):
            return Becomes(member, e.TierAssigned, {
                "tier": tier, "until": until.isoformat(), "reason": reason, "requested_by": maker,
                "approved_by": of.approved_by[-1],
            })  # fmt: skip
        case told.Closure(member_id=member):
            return Becomes(member, e.MemberClosed, {"cause": reason})
        case told.Erasure(member_id=member):
            return Becomes(member, e.MemberErased, {"request": case})
        case (
            told.MerchantStanding() | told.MerchantPace() | told.MerchantRegistration() | told.ProgramActivation()
            | told.Resumption() | told.KeyMaking()
        ):  # fmt: skip
            raise AssertionError(f"{of.change.kind} is no member's")
        case _:
            assert_never(of.change)


async def refuse_untried(session: Any, bank: str, change: AnyChange, days_min: int) -> None:
    """Problem where a program is to come into force that was not tried, has findings, or would begin too early."""
    if not isinstance(change, told.ProgramActivation):
        return
    row = await candidates.find(session, bank, bytes.fromhex(change.program_hash))
    found = candidates.candidate_of(row, days_min)
    if found.state != "shadow-ready":
        said = f"it is {found.state}, with {len(found.findings)} findings, tried on {found.closed_days} closed days"
        raise Problem(
            "not-shadow-ready", f"{said} of backtest; without findings and with {days_min} it may be proposed"
        )
    with _too_early():
        await candidates.refuse_begun(session, bank, row)


@contextmanager
def _too_early() -> Iterator[None]:
    try:
        yield
    except SetupError as error:
        raise Problem("begins-too-early", str(error)) from error


async def carry(session: Any, bank: str, change: OfBank, person: str) -> None:
    """Carries a change of the bank's own out, in the transaction in which `person` approves it."""
    match change:
        case told.MerchantStanding(merchant=merchant, status=status):
            await session.execute(statement("change_merchant_status"), bank, merchant, status)
        case told.MerchantPace(merchant=merchant, per_hour=per_hour, per_day=per_day):
            await session.execute(statement("pace_merchant"), bank, merchant, per_hour, per_day)
        case told.MerchantRegistration(merchant=merchant, network=network, region=region, sandbox=sandbox):
            row = bank, merchant, network, region, sandbox
            if await session.fetchval(statement("register_merchant"), *row) is None:
                raise _known(bank, merchant)
        case told.ProgramActivation(program_hash=program_hash):
            with _too_early():
                await candidates.activate(session, bank, bytes.fromhex(program_hash))
        case told.Resumption(what=what):
            if await stops.resume(session, bank, stops.meant(what), person) is None:
                raise Problem("not-found", f"{bank} has {what} stopped no more")
        case _:
            assert_never(change)
