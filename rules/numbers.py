"""Exact arithmetic: fractions as (numerator, denominator) integers, rounded in one place by a named mode."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal, assert_never

Rounding = Literal["down", "half-up", "half-even", "up"]


def rounded(numerator: int, denominator: int, mode: Rounding) -> int:
    """`numerator / denominator` as whole points. Bounds: numerator ≥ 0, denominator > 0."""
    whole, rest = divmod(numerator, denominator)
    if not rest or mode == "down":
        return whole
    match mode:
        case "up":
            return whole + 1
        case "half-up":
            return whole + (2 * rest >= denominator)
        case "half-even":
            return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))
        case _:
            assert_never(mode)


def minor_units(amount: int | Decimal, exponent: int) -> int:
    """An amount of money in minor units. Raises ValueError when it is finer than the currency's smallest coin."""
    scaled = Fraction(amount) * 10**exponent
    if scaled.denominator != 1:
        raise ValueError(f"{amount} is finer than the currency's {exponent} decimals")
    return int(scaled)
