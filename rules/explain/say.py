"""Numbers, money, days and names as a language writes them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from rules.explain.arithmetic import rule_of
from rules.explain.phrases import MARKS, PHRASES, Language
from rules.periods import ONE_DAY
from rules.program import Program

PLACES_MAX: Final = 6
"""Decimal places up to which a fraction is written as a decimal; what needs more is written as a fraction."""


class Say(NamedTuple):
    """One language, and the program whose labels and currency are meant."""

    language: Language
    program: Program

    def __call__(self, phrase: str, /, **blanks: str) -> str:
        return PHRASES[self.language][phrase].format_map(blanks)

    def of(self, phrase: str, word: str, basis: str) -> str:
        """So much of what an award is of: a word of the language, or a metric of the program."""
        return self(phrase, of=PHRASES[self.language].get(word) or self.metric(word), basis=basis)

    def sentences(self, *parts: str) -> str:
        return MARKS[self.language].join(part for part in parts if part)

    def name(self, id_: str, label: Mapping[str, str] | None = None) -> str:
        """What something is called in the language or, where it has no label in it, in another; else its id."""
        named = self.program.labels.get(id_, {}) if label is None else label
        return named.get(self.language) or next(iter(named.values()), id_)

    def metric(self, id_: str) -> str:
        return self.name(id_)

    def rule(self, id_: str) -> str:
        rule = rule_of(id_, self.program)
        return self.name(id_, rule.told.label if rule else {})

    def points(self, points: int, point_type: str) -> str:
        name = self.name(point_type)
        return f"{points:,} {name}" if name.isascii() else f"{points:,}{name}"

    def money(self, minor: int | Fraction) -> str:
        """Of the program's currency; parts of a minor unit are left out."""
        unit = 10**self.program.exponent
        amount = f"{Decimal(int(minor)) / unit:,.{self.program.exponent}f}"
        yuan = self.language == "zh" and self.program.currency == "CNY"
        return f"{amount}元" if yuan else f"{amount} {self.program.currency}"

    def last_day(self, expires_on: date) -> str:
        """Of what is valid until before a day."""
        return (expires_on - ONE_DAY).isoformat()


def number(value: Fraction) -> str:
    """Exactly: as a decimal where few places are enough, else as a whole and a fraction."""
    scaled = value * 10**PLACES_MAX
    if scaled.denominator == 1:
        text = f"{Decimal(scaled.numerator).scaleb(-PLACES_MAX):,f}"
        return text.rstrip("0").rstrip(".")
    whole, rest = divmod(value, 1)
    return f"{whole:,} {rest}" if whole else str(rest)
