"""What the ledger and the rules say, as channels are told of it."""

from typing import Any
from uuid import UUID

from engine.api.viewing import View
from engine.store import rows
from rules.explain.arithmetic import Arithmetic
from rules.explain.posting import About, explained
from rules.explain.say import Say
from rules.spending.terms import EVERYBODY
from rules.standing import progress
from schemas.api import members as told


def asked_of(asked: progress.Asked | None, say: Say) -> told.Asked | None:
    if asked is None:
        return None
    conditions = tuple(
        told.Condition(label=say.metric(gap.metric), missing=gap.missing, **gap._asdict()) for gap in asked.gaps
    )
    return told.Asked(
        tier=asked.tier, label=say.name(asked.tier), match=asked.match, met=asked.met, conditions=conditions
    )


def posting_told(row: Any, view: View) -> told.Posting:
    """From its row with `merchant` and `bought`."""
    p = rows.posting_of(row)
    program = view.version(p.program_hash)
    say = Say(view.say.language, program)
    about = explained(p, program, say.language, About(row["merchant"], row["bought"]))
    return told.Posting(
        posting_id=UUID(bytes=p.posting_id),
        member_version=p.member_version,
        kind=p.kind,
        rule=p.rule_id,
        label=say.rule(p.rule_id),
        point_type=p.point_type,
        points=p.points,
        balance_after=p.balance_after,
        occurred_at=p.occurred_at,
        business_date=p.business_date,
        expires_on=p.expires_on,
        explanation=about.text,
        sum=sum_told(about.sum, p.capped_by),
    )


def sum_told(sum_: Arithmetic, capped_by: str | None) -> told.Sum:
    share, cut = sum_.share, sum_.cut
    return told.Sum(
        sign=-1 if sum_.sign < 0 else 1,
        basis=sum_.basis,
        rate_numerator=sum_.rate.numerator,
        rate_denominator=sum_.rate.denominator,
        carried=str(sum_.carried),
        rounding=sum_.rounding,
        part=share.part + 1 if share else None,
        parts=share.parts if share else None,
        desired_points=sum_.desired,
        capped_by=capped_by,
        cap_limit=cut.limit if cut else None,
        cap_left=cut.left if cut else None,
    )


def benefits_of(view: View) -> told.Benefits:
    """What is open on the day, or will be; what has ended stays among the member's grants until a close."""
    program, one, say = view.program, view.member, view.say
    granted = []
    for id_, grant in one.grants.items():
        terms = program.benefit(grant.benefit_id)
        if grant.valid_until > view.moment.day and grant.left != 0:
            granted.append(
                told.Benefit(
                    grant_id=UUID(bytes=id_),
                    benefit=grant.benefit_id,
                    label=say.name(grant.benefit_id),
                    network=grant.network,
                    units=grant.units,
                    left=grant.left,
                    valid_from=grant.valid_from,
                    valid_until=grant.valid_until,
                    value_ceiling_minor=terms.ceilings.get(one.tier or EVERYBODY) if terms else None,
                )
            )
    pays = program.pays_with
    for_sale = tuple(
        told.ForSale(benefit=b.id, label=say.name(b.id), network=b.network, price=b.price, point_type=pays)
        for b in program.benefits
        if b.price is not None and pays is not None
    )
    return told.Benefits(version=one.version, granted=tuple(granted), for_sale=for_sale)
