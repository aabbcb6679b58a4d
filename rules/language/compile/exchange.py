"""Rates of exchange become exact fractions between minor units."""

from datetime import date
from fractions import Fraction

from rules.language import grammar as g
from rules.parts import ExchangeRate
from schemas.money import EXPONENTS


def exchange(file: g.ProgramFile) -> dict[str, tuple[ExchangeRate, ...]]:
    """The rates of each currency, the newest first."""
    return {
        currency: tuple(_rate(currency, day, rate, file) for day, rate in sorted(_dated(rates), reverse=True))
        for currency, rates in file.exchange.items()
    }


def _dated(rates: Fraction | list[g.DatedRate]) -> list[tuple[date, Fraction]]:
    return [(r.from_day, r.rate) for r in rates] if isinstance(rates, list) else [(date.min, rates)]


def _rate(currency: str, day: date, rate: Fraction, file: g.ProgramFile) -> ExchangeRate:
    exact = rate * Fraction(10) ** (EXPONENTS[file.currency] - EXPONENTS[currency])
    name = currency if day == date.min else f"{currency}/{day}"
    return ExchangeRate(name, day, exact.numerator, exact.denominator)
