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
from rules.spending.exchanges import buy, convert
from rules.spending.holds import lapse
from rules.spending.redemption import STEPS
from rules.standing.tiers import assign_tier
from schemas import events as e

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
        case e.BenefitPurchaseRequested():
            return buy(order, cause, decision, program, context.stopped)
        case e.BenefitConversionRequested():
            return convert(order, cause, decision, program, context.stopped)
        case (
            e.HoldRequested() | e.CaptureRequested() | e.VoidRequested() | e.RedemptionRequested()
            | e.ReversalRequested()
        ):  # fmt: skip
            return STEPS[type(order)](order, cause, decision, program, context.stopped)
        case e.HoldsLapsed():
            lapse(cause, decision, program)
            return None
        case e.TierAssigned():
            return assign_tier(order, cause, decision, program)
        case _:
            assert_never(order)
