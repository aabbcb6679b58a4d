"""Parts of a program in force that are plain tables: `rules.program` has those that read members."""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Literal, NamedTuple

from rules.periods import PeriodName


class Basis(NamedTuple):
    """What an award counts, as its program says it: `points` for each `per` of what it is `of`, and then some factor.

    Where `money`, `per` is in main units and postings count minor ones, or `whole-steps` of `per`. An award `again` is
    `of` the rules whose points it gives once more; of `bands` and of points that are `fixed` there is no `per`.
    """

    kind: Literal["fixed", "rate", "whole-steps", "bands", "again"]
    of: str
    points: Fraction = Fraction(1)
    per: Fraction = Fraction(1)
    money: bool = False


class Told(NamedTuple):
    """What explanations say of a rule: how it is called by language, and what it counts, None of a multiplier."""

    label: Mapping[str, str] = MappingProxyType({})
    basis: Basis | None = None


NOTHING_TOLD = Told()


class ExchangeRate(NamedTuple):
    """From a day on, minor units × numerator ÷ denominator are minor units of the program's currency."""

    id: str
    from_day: date
    numerator: int
    denominator: int


class ApprovalBand(NamedTuple):
    """Up to so many points need so many checkers."""

    up_to: int
    by: int


class Reinstate(NamedTuple):
    """What expired at most `within_days` ago may be given again, and is valid for `valid_days` from then."""

    within_days: int
    valid_days: int


class Adjustments(NamedTuple):
    """`bands` rise; above the last nobody may adjust. Each time, points expire at most `extend_days` later."""

    reasons: frozenset[str]
    bands: tuple[ApprovalBand, ...]
    valid_days: int
    reinstate: Reinstate | None = None
    extend_days: int = 0


class Budget(NamedTuple):
    """What may be given in all, in units of which a point of each type takes so many."""

    id: str
    units: int
    units_per_point: Mapping[str, int]


class CapLine(NamedTuple):
    """One bound: at most `limit` points in a window, counted under `counter`; of period None, within one event."""

    name: str
    counter: str
    period: PeriodName | None
    limit: int


class Nth(NamedTuple):
    """Counts the events that meet a rule's other conditions; met by the one that is `turn`, or each multiple of it."""

    counter: str
    period: PeriodName
    turn: int
    repeats: bool
