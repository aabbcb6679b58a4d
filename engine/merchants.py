"""What merchants are told: of grants all that they need and nothing about the person, and of their redemptions."""

from typing import Any
from uuid import UUID

from rules.decision import Grant, Refusal, Revocation
from rules.needs import redemption_id
from rules.program import Program
from rules.spending.vouchers import Redemption
from schemas.events.redemptions import Reference


def grant(g: Grant, program: Program) -> dict[str, Any]:
    """`program` is the version of the event, or of the first day that a close brought."""
    benefit = _granting(g, program).benefit(g.benefit_id)
    excess = (benefit.excess if benefit else None) or (None, None)
    return {
        "bank": g.bank,
        "network": g.network,
        "grant_id": str(UUID(bytes=g.grant_id)),
        "benefit": g.benefit_id,
        "units": g.units,
        "valid_from": g.valid_from,
        "valid_until": g.valid_until,
        "value_ceiling_minor": g.value_ceiling_minor,
        "currency": program.currency if g.value_ceiling_minor else None,
        "discount_percent": g.discount_percent,
        "regions": sorted(benefit.regions) or None if benefit else None,
        "companions_at_most": benefit.companions or None if benefit else None,
        "excess_points": excess[0],
        "excess_per_minor": excess[1],
        "price_needed": bool(benefit.ceilings) or None if benefit else None,
    }


def _granting(g: Grant, program: Program) -> Program:
    """The version that granted: at a close it may be a later one than the first."""
    while program.mark != g.program_hash and program.successor is not None:
        program = program.successor
    return program


def revocation(r: Revocation) -> dict[str, Any]:
    return {
        "bank": r.bank,
        "network": r.network,
        "grant_id": str(UUID(bytes=r.grant_id)),
        "units": r.units,
        "reason": r.reason,
    }


def redemption(r: Redemption, currency: str) -> dict[str, Any]:
    return {
        "bank": r.bank,
        "merchant": r.merchant,
        "merchant_ref": r.merchant_ref,
        "redemption_id": str(UUID(bytes=r.redemption_id)),
        "network": r.network,
        "state": r.state,
        "grant_id": str(UUID(bytes=r.grants[0][0])) if r.grants else None,
        "benefit": r.benefit_id,
        "units": r.units or None,
        "points": (r.captured if r.state in {"captured", "reversed"} else r.points) if r.point_type else None,
        "returned_points": r.returned or None,
        "expired_points": r.expired or None,
        "payable_minor": r.payable_minor,
        "currency": currency if r.payable_minor is not None else None,
        "lapses_at": r.lapses_at if r.state == "held" else None,
    }


def refused(r: Refusal, asked: Reference) -> dict[str, Any]:
    return {
        "bank": r.bank,
        "merchant": asked.merchant,
        "merchant_ref": asked.merchant_ref,
        "redemption_id": str(UUID(bytes=redemption_id(r.bank, r.member_id, asked))),
        "state": "refused",
        "refusal": r.reason,
        "detail": r.detail,
    }
