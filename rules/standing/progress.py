"""Where a member stands on the ladder: what is missing for the next tier, and what for keeping the one held."""

from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

from rules.member import Member
from rules.moment import Moment
from rules.program import Program, Rung
from rules.standing.rating import ONE_DAY
from rules.standing.tiers import rank_earned


class Gap(NamedTuple):
    """One condition of a tier: what the member has of a metric (money in minor units) and what it asks."""

    metric: str
    has: int
    asks: int

    @property
    def missing(self) -> int:
        return max(self.asks - self.has, 0)


class Asked(NamedTuple):
    """What a tier asks for: `any` or `all` of its conditions."""

    tier: str
    match: Literal["any", "all"]
    gaps: tuple[Gap, ...]

    @property
    def met(self) -> bool:
        return (any if self.match == "any" else all)(not gap.missing for gap in self.gaps)

    def reached(self, part: Fraction) -> bool:
        """Whether the conditions are met in a part, at most the whole: the nearest one of `any`, each of `all`."""
        whole, of_it = part.denominator, part.numerator
        return (any if self.match == "any" else all)(max(gap.has, 0) * whole >= of_it * gap.asks for gap in self.gaps)


class Progress(NamedTuple):
    """`projected` is the tier that a rating on this day would lead to, after its grace. None where there is nothing.

    `rated_on` is the next rating day; before `safe_until` no review takes the tier; `falls_on` ends a grace that runs.
    """

    tier: str | None
    projected: str | None
    next: Asked | None
    keep: Asked | None
    rated_on: date | None
    safe_until: date | None
    falls_on: date | None
    locked_until: date | None


def progress(member: Member, program: Program, moment: Moment) -> Progress:
    """Of the tier held, by what stands at a moment; its day may be the last one of a window or any day within it."""
    held = program.ranks.get(member.tier or "", -1)
    ladder, term, review = program.ladder, member.term, program.review
    return Progress(
        tier=member.tier,
        projected=ladder[_projected(held, member, program, moment)].id if ladder else None,
        next=asked(ladder[held + 1], member, moment) if held + 1 < len(ladder) else None,
        keep=asked(ladder[held], member, moment) if held > 0 else None,
        rated_on=review.rating_day(member, moment.day - ONE_DAY) if review else None,
        safe_until=term.until,
        falls_on=term.falls_on,
        locked_until=term.locked_until,
    )


def asked(rung: Rung, member: Member, moment: Moment) -> Asked:
    gaps = tuple(Gap(t.name, t.read(member, moment), t.at_least) for t in rung.thresholds)
    return Asked(rung.id, rung.match, gaps)


def below_tier(member: Member, program: Program, moment: Moment) -> bool:
    """Whether what stands at a moment would not earn the tier held."""
    return rank_earned(member, program, moment) < program.ranks.get(member.tier or "", 0)


def _projected(held: int, member: Member, program: Program, moment: Moment) -> int:
    earned, review = rank_earned(member, program, moment), program.review
    if earned >= held:
        return earned
    locked = member.term.locked_until is not None and moment.day < member.term.locked_until
    if review is None or review.down == "never" or locked:
        return held
    return held - 1 if review.down == "one-step" else earned
