"""Rates of exchange are of other currencies, and each begins on its own day."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.problems import Path, Problem, unknown
from schemas.money import EXPONENTS


def exchange_problems(file: g.ProgramFile) -> Iterable[Problem]:
    for currency, rates in file.exchange.items():
        path: Path = ("exchange", currency)
        if currency not in EXPONENTS:
            yield Problem(path, unknown(currency, EXPONENTS, "currency"))
        if currency == file.currency:
            yield Problem(path, f"{currency} is the program's own currency; leave it out")
        days = [rate.from_day for rate in rates] if isinstance(rates, list) else []
        for i, day in enumerate(days):
            if day in days[:i]:
                yield Problem((*path, i, "from"), f"two rates of {currency} begin on {day}; keep one")
