"""What an award is worth: exact points, as a function of an event's data."""

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction
from typing import Any, Literal, assert_never

from rules.language import grammar as g
from rules.language.words import Rate
from rules.moment import Worth
from rules.parts import Basis

MONEY_BASES = {
    "amount": "amount_minor", "balance": "balance_minor", "value": "value_minor", "principal": "principal_minor",
    "interest": "interest_minor", "annualised-premium": "annualised_premium_minor",
}  # fmt: skip
NUMBER_BASES = {"days": "days", "tenor-months": "tenor_months", "payment-term-years": "payment_term_years"}


def basis_field(of: str) -> str | None:
    """The field of the event's data that an award is `of`; None when there is no such basis."""
    return MONEY_BASES.get(of) or NUMBER_BASES.get(of)


def basis(
    award: g.FixedAward | g.RateAward | g.BandsAward | g.PeriodPoints | g.MetricRate | g.MetricBands | g.Again,
    money: Collection[str],
) -> Basis:
    """What the award counts; `money` are the words and metrics that are written in main units."""
    match award:
        case g.FixedAward() | g.PeriodPoints():
            return Basis("fixed", "", Fraction(award.points))
        case g.RateAward() | g.MetricRate():
            kind: Literal["rate", "whole-steps"] = "whole-steps" if award.rate.full_steps else "rate"
            return Basis(kind, award.of, award.rate.points, award.rate.per, award.of in money)
        case g.BandsAward() | g.MetricBands():
            return Basis("bands", award.of, money=award.of in money)
        case g.Again():
            return Basis("again", award.again if isinstance(award.again, str) else ", ".join(award.again), award.times)
        case _:
            assert_never(award)


def worth(award: g.FixedAward | g.RateAward | g.BandsAward, exponent: int) -> Worth:
    """Money is read in minor units, so a rate per 1.00 is one per 10**exponent of them."""
    match award:
        case g.FixedAward():
            points = award.points
            return _factored(lambda _data: (1, points, 1), award.times)
        case g.RateAward():
            return _factored(_rated(award.rate, award.of, exponent), award.times)
        case g.BandsAward():
            return _factored(_banded(award, exponent), award.times)
        case _:
            assert_never(award)


def _scale(of: str, exponent: int) -> int:
    return 10**exponent if of in MONEY_BASES else 1


def _rated(rate: Rate, of: str, exponent: int) -> Worth:
    field = basis_field(of) or of
    per = rate.per * _scale(of, exponent)
    if rate.full_steps:
        points, over = rate.points.as_integer_ratio()
        step, parts = per.as_integer_ratio()

        def whole_steps(data: Any) -> tuple[int, int, int]:
            amount = getattr(data, field) or 0
            return (amount * parts // step if amount > 0 else 0), points, over

        return whole_steps
    numerator, denominator = (rate.points / per).as_integer_ratio()

    def proportional(data: Any) -> tuple[int, int, int]:
        return max(getattr(data, field) or 0, 0), numerator, denominator

    if field == "amount_minor":  # the common case: always there and never negative

        def of_amount(data: Any) -> tuple[int, int, int]:
            return data.amount_minor, numerator, denominator

        return of_amount
    return proportional


def _banded(award: g.BandsAward, exponent: int) -> Worth:
    field = basis_field(award.of) or award.of
    exact = points_by_band(award, _scale(award.of, exponent))

    def banded(data: Any) -> tuple[int, int, int]:
        amount = max(getattr(data, field) or 0, 0)
        rate = exact(amount) / amount if amount else Fraction(0)
        return amount, rate.numerator, rate.denominator

    return banded


def points_by_band(award: g.BandsAward | g.MetricBands, scale: int) -> Callable[[Fraction | int], Fraction]:
    """The exact points of so much of what the award is of, which has `scale` parts in a unit of the bands."""
    bands = [(None if b.up_to is None else b.up_to * scale, b.rate, b.rate.per * scale) for b in award.bands]
    return _marginal(bands) if award.kind == "marginal" else _whole(bands)


_Bands = list[tuple[Fraction | None, Rate, Fraction]]


def _at(rate: Rate, per: Fraction, amount: Fraction) -> Fraction:
    return rate.points * (amount // per if rate.full_steps else amount / per)


def _marginal(bands: _Bands) -> Callable[[Fraction | int], Fraction]:
    def exact(amount: Fraction | int) -> Fraction:
        points, low = Fraction(0), Fraction(0)
        for up_to, rate, per in bands:
            high = Fraction(amount) if up_to is None else min(Fraction(amount), up_to)
            if high > low:
                points += _at(rate, per, high - low)
                low = high
        return points

    return exact


def _whole(bands: _Bands) -> Callable[[Fraction | int], Fraction]:
    def exact(amount: Fraction | int) -> Fraction:
        for up_to, rate, per in bands:
            if up_to is None or amount <= up_to:
                return _at(rate, per, Fraction(amount))
        return Fraction(0)

    return exact


def _factored(inner: Worth, times: g.Times | None) -> Worth:
    if times is None:
        return inner
    field = times.by
    factors: Mapping[Any, tuple[int, int]] = {k: v.as_integer_ratio() for k, v in times.table.items()}
    otherwise = times.otherwise.as_integer_ratio() if times.otherwise is not None else None

    def factored(data: Any) -> tuple[int, int, int] | None:
        factor = factors.get(getattr(data, field), otherwise)
        found = inner(data)
        if factor is None or found is None:
            return None
        basis, numerator, denominator = found
        exact = Fraction(numerator * factor[0], denominator * factor[1])
        return basis, exact.numerator, exact.denominator

    return factored
