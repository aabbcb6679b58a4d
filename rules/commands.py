"""Commands: events that earn nothing themselves but move points, or change what a member is."""

from typing import Any, Final, assert_never, get_args

from typing_extensions import TypeIs

from rules.cause import Cause
from rules.context import Context
from rules.decision import Decision, Why
from rules.members.membership import Change
from rules.points.adjustments import adjust, take_over
from rules.points.validity import extend, reinstate
from rules.program import Program
from rules.spending.redemption import lapse, redemption_decided
from rules.spending.stops import Asked, Stops, stopped
from rules.spending.units import buy, convert
from rules.standing.tiers import assign_tier
from schemas import events as e
from schemas.events.redemptions import Purchase

Order = (
    e.PointsAdjusted | e.PointsReinstated | e.PointsExtended | e.PointsImported
    | e.HoldRequested | e.CaptureRequested | e.VoidRequested | e.RedemptionRequested | e.ReversalRequested
    | e.BenefitPurchaseRequested | e.BenefitConversionRequested | e.TierAssigned | e.HoldsLapsed
)  # fmt: skip
Command = Change | Order

_COMMANDS: Final = frozenset(get_args(Command))


def is_command(event: Any) -> TypeIs[Command]:
    """Whether it is obeyed or refused, and never earns."""
    return type(event) in _COMMANDS


def obeyed(order: Order, cause: Cause, decision: Decision, program: Program, context: Context) -> Why | None:
    """Fills the decision, or says why the order moves nothing."""
    match order:
        case e.PointsAdjusted():
            return adjust(order, cause, decision, program)
        case e.PointsReinstated():
            return reinstate(order, cause, decision, program)
        case e.PointsExtended():
            return extend(order, cause, decision, program)
        case e.PointsImported():
            return take_over(order, cause, decision, program)
        case e.BenefitPurchaseRequested() | e.BenefitConversionRequested():
            return _barred(order, context.stopped, program) or _exchanged(order, cause, decision, program)
        case (
            e.HoldRequested() | e.CaptureRequested() | e.VoidRequested() | e.RedemptionRequested()
            | e.ReversalRequested()
        ):  # fmt: skip
            return redemption_decided(cause, decision, program, context.stopped)
        case e.HoldsLapsed():
            lapse(cause, decision, program)
            return None
        case e.TierAssigned():
            return assign_tier(order, cause, decision, program)
        case _:
            assert_never(order)


def _barred(
    command: e.BenefitPurchaseRequested | e.BenefitConversionRequested, stops: Stops, program: Program
) -> Why | None:
    """Why units may not be had now: what is stopped cannot be used, and would cost points or other units."""
    told = command.data
    asked = told.benefit if isinstance(told, Purchase) else told.into
    benefit = program.benefit(asked)
    return stopped(Asked(benefit.network if benefit else None, None, (told.benefit, asked)), stops)


def _exchanged(
    command: e.BenefitPurchaseRequested | e.BenefitConversionRequested, cause: Cause, decision: Decision,
    program: Program,
) -> Why | None:  # fmt: skip
    told = command.data
    if decision.member.status != "enrolled":
        return "member-provisional", "a member who is not enrolled yet earns and cannot spend"
    if isinstance(told, Purchase):
        return buy(told.benefit, told.units or 1, cause, decision, program)
    return convert(told, cause, decision, program)
