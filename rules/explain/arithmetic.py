"""The sum behind a posting, from its own columns and its program: what was counted, at what rate, and what cut it."""

from fractions import Fraction
from typing import Final, NamedTuple

from rules.decision import Posting
from rules.numbers import Rounding, rounded
from rules.program import EarningRule, Program

EARNED: Final = frozenset({"base", "bonus", "multiplier", "period"})
FORGOTTEN: Final = ":window-forgotten"
"""What `rules.points.caps` adds to the name of a cap whose window is remembered no more."""


class Share(NamedTuple):
    """Part `part` (the first is 0) of so many equal ones, of which the last are the larger."""

    part: int
    parts: int


class Cut(NamedTuple):
    """The bound that left `left` points. `limit` is what it allows in its window, where the program tells it."""

    name: str
    limit: int | None
    left: int


class Arithmetic(NamedTuple):
    """`points` are rounded(basis × rate + carried), then a share of it, then what a cut left, with the sign before."""

    sign: int
    basis: int
    rate: Fraction
    carried: Fraction
    rounding: Rounding
    share: Share | None
    cut: Cut | None
    points: int

    @property
    def exact(self) -> Fraction:
        """What the award is worth before rounding, without what was carried from before."""
        return self.basis * self.rate

    @property
    def whole(self) -> int:
        """The same with what was carried, in whole points, before it is shared or cut."""
        total = self.exact + self.carried
        return rounded(total.numerator, total.denominator, self.rounding)

    @property
    def desired(self) -> int:
        """What there would be without the cut, never below zero."""
        if self.share is None:
            return self.whole
        part, parts = self.share
        return self.whole // parts + (part >= parts - self.whole % parts)

    def recomputed(self) -> int:
        """The points that the sum comes to; those of the posting, whichever it is."""
        return self.sign * (self.desired if self.cut is None else min(self.desired, self.cut.left))


def rule_of(id_: str, program: Program) -> EarningRule | None:
    """The rule with this id, of events or of periods."""
    return program.rules.get(id_) or next((one.rule for one in program.periods.rules if one.rule.id == id_), None)


def arithmetic(posting: Posting, program: Program) -> Arithmetic:
    """Bounds: `program` is the version that the posting names."""
    rule = rule_of(posting.rule_id, program)
    return Arithmetic(
        sign=-1 if posting.desired_points < 0 else 1,
        basis=posting.basis,
        rate=Fraction(posting.rate_numerator, posting.rate_denominator),
        carried=Fraction(posting.carried or 0),
        rounding=posting.rounding,  # type: ignore[arg-type]  # a column of text
        share=_share(posting, rule),
        cut=_cut(posting, rule),
        points=posting.points,
    )


def _share(posting: Posting, rule: EarningRule | None) -> Share | None:
    parts = rule.pending.parts if rule and rule.pending and rule.pending.waits(posting.event_day) else 1
    return Share(posting.part, parts) if parts > 1 and posting.kind in EARNED else None


def _cut(posting: Posting, rule: EarningRule | None) -> Cut | None:
    if posting.capped_by is None:
        return None
    name = posting.capped_by.removesuffix(FORGOTTEN)
    lines = rule.caps.get(posting.point_type, ()) if rule else ()
    limit = next((line.limit for line in lines if line.name == name), None)
    return Cut(posting.capped_by, limit, abs(posting.points))
