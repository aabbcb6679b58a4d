"""The score, the ladder and its reviews become tables."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rules import program as p
from rules.language import grammar as g
from rules.language.measures import money_measures
from rules.language.spans import PERIODS
from rules.moment import Moment, Read
from rules.standing.rating import RatingDay, Review, ends_of, membership_years, tier_years, yearly_on


def score(file: g.ProgramFile, metrics: Mapping[str, Read], exponent: int) -> tuple[p.ScoreLine, ...]:
    money = money_measures(file)
    return tuple(
        p.ScoreLine(i.metric, metrics[i.metric], *_rate(i, exponent if i.metric in money else 0), i.at_most)
        for i in file.score
    )


def _rate(item: g.ScoreItem, exponent: int) -> tuple[int, int]:
    exact = item.points.points / (item.points.per * 10**exponent)
    return exact.numerator, exact.denominator


def ladder(file: g.ProgramFile, metrics: Mapping[str, Read], exponent: int) -> tuple[p.Rung, ...]:
    if not file.tiers:
        return ()
    money = money_measures(file)

    def threshold(named: dict[str, Fraction]) -> p.Threshold:
        ((name, bound),) = named.items()
        scaled = bound * 10**exponent if name in money else bound
        return p.Threshold(name, _standing(name, metrics), -(-scaled.numerator // scaled.denominator))

    return tuple(
        p.Rung(r.id, rank, "all" if r.all else "any", tuple(threshold(t) for t in r.all or r.any or ()))
        for rank, r in enumerate(file.tiers.ladder)
    )


def _standing(name: str, metrics: Mapping[str, Read]) -> Read:
    """What a tier's condition reads: a metric, the score, or the points of a type that the member has."""
    if name in metrics:
        return metrics[name]
    if name == "score":
        return lambda member, _moment: member.score

    def points(member: Any, _moment: Moment) -> int:
        balance = member.balances.get(name)
        return balance.total - balance.pending if balance else 0

    return points


def review(tiers: g.Tiers | None) -> Review | None:
    if tiers is None or tiers.review is None:
        return None
    told = tiers.review
    grace = told.grace_months
    by_default = 0 if told.every == "tier-year" else 1
    return Review(
        rating_day=_rating_day(told),
        after_days=told.after_days,
        rises_at_once=told.up == "at-once",
        down=told.down,
        safe_periods=by_default if told.safe_periods is None else told.safe_periods,
        grace_months=grace if isinstance(grace, dict) else {rung.id: grace for rung in tiers.ladder},
        reverses_at_once=told.on_reversal == "at-once",
        lifts_locked=told.locked == "may-rise",
    )


def _rating_day(told: g.Review) -> RatingDay:
    match told.every:
        case "membership-year":
            return membership_years
        case "tier-year":
            return tier_years
        case None:
            return yearly_on(told.on or [])
        case calendar:
            return ends_of(PERIODS[calendar])
