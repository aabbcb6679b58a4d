"""Benefits become tables, and functions where they look at metrics."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from fractions import Fraction
from operator import attrgetter
from typing import Final, Literal, cast

from rules.language import grammar as g
from rules.language.matching import within_bounds
from rules.language.measures import money_measures
from rules.language.spans import PERIODS
from rules.member import Member
from rules.moment import Moment, Read
from rules.periods import PeriodName
from rules.spending import terms

ANCHORS: Final[Mapping[str, Literal["membership", "tier"]]] = {"membership-year": "membership", "tier-year": "tier"}


class Measures:
    """How the metrics of a file are read, and what their numbers in the file are scaled by."""

    def __init__(self, file: g.ProgramFile, reads: Mapping[str, Read], exponent: int) -> None:
        money = money_measures(file)
        self._file = file
        self._reads = reads
        self._scales = {name: 10**exponent if name in money else 1 for name in reads}

    def gate(self, name: str, asked: Fraction | g.NumberRange) -> Callable[[Member, Moment], bool]:
        read, within = self._reads[name], within_bounds(asked, self._scales[name])
        return lambda member, moment: within(read(member, moment))

    def milestone(self, told: g.Milestone) -> terms.Milestone:
        read, scale = self._reads[told.metric], self._scales[told.metric]
        over = getattr(self._file.metrics.get(told.metric), "over", "lifetime")
        window = attrgetter(PERIODS.get(over, "lifetime") if isinstance(over, str) else "lifetime")
        steps = [step * scale for step in told.at or ()]
        each = None if told.every is None else told.every * scale

        def reached(member: Member, moment: Moment) -> int:
            value = read(member, moment)
            return bisect_right(steps, value) if each is None else int(max(value, 0) // each)

        return terms.Milestone(reached, window)


def benefits(file: g.ProgramFile, reads: Mapping[str, Read], exponent: int) -> tuple[terms.Benefit, ...]:
    measures = Measures(file, reads, exponent)
    everyone = [terms.EVERYBODY, *(rung.id for rung in file.tiers.ladder)] if file.tiers else [terms.EVERYBODY]
    return tuple(_benefit(name, b, everyone, exponent, measures) for name, b in file.benefits.items())


def _benefit(name: str, b: g.Benefit, everyone: list[str], exponent: int, measures: Measures) -> terms.Benefit:
    return terms.Benefit(
        id=name,
        network=b.network,
        units=_units(b, everyone),
        period=PERIODS.get(b.per or "", "year"),
        anchor=ANCHORS.get(b.per or "", "calendar"),
        occasion=_occasion(b),
        pro_rata=b.mid_period == "pro-rata",
        valid_days=b.valid_days,
        milestone=measures.milestone(b.on.milestone) if isinstance(b.on, g.OnMilestone) else None,
        carry_over=terms.CarryOver(b.carry_over.at_most, b.carry_over.months) if b.carry_over else None,
        at_most=_frequency(b.at_most) if b.at_most else None,
        ceilings=_ceilings(b.value, everyone, exponent) if b.value else {},
        excess=_excess(b.value, exponent) if b.value else None,
        discount_percent=b.discount,
        companions=b.companions,
        converts={other: terms.Conversion(rate.units, rate.gives) for other, rate in b.converts_to.items()},
        price=b.price,
        revokes_unused=b.on_downgrade == "revoke-unused",
        regions=frozenset(b.regions or ()),
        gate=tuple(measures.gate(metric, asked) for metric, asked in (b.gate or {}).items()),
        goods=b.goods,
    )


def _units(b: g.Benefit, everyone: list[str]) -> dict[str, int | None]:
    by_tier: dict[str, int | Literal["unlimited"]] = {}
    by_tier.update(b.units if isinstance(b.units, dict) else dict.fromkeys(everyone, b.units))
    return {tier: None if n == "unlimited" else n for tier, n in by_tier.items()}


def _occasion(b: g.Benefit) -> Literal["period", "birthday", "milestone", "none"]:
    if isinstance(b.on, g.OnMilestone):
        return "milestone"
    return b.on or ("period" if b.per else "none")


def _frequency(text: str) -> terms.Frequency:
    uses, period = text.split(" per ")
    return terms.Frequency(int(uses), cast("PeriodName", period))


def _ceilings(value: g.BenefitValue, everyone: list[str], exponent: int) -> dict[str, int]:
    by_tier = value.ceiling if isinstance(value.ceiling, dict) else dict.fromkeys(everyone, value.ceiling)
    return {tier: int(amount * 10**exponent) for tier, amount in by_tier.items()}


def _excess(value: g.BenefitValue, exponent: int) -> tuple[int, int] | None:
    if value.excess is None:
        return None
    exact = value.excess.points / (value.excess.per * 10**exponent)
    return exact.numerator, exact.denominator
