"""What the bank agreed with a merchant: from a day on, what a use is worth and who pays which share of it."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal, NamedTuple, assert_never

from rules.numbers import rounded

Kind = Literal["benefit", "points"]
Pays = Literal["per-unit", "share-of-price", "per-point"]
MERCHANT: Final = "merchant"
"""The funder who is paid less by its share; the others' shares are what the merchant is paid."""


class Term(NamedTuple):
    """What one benefit's units, or points of one type, bring a merchant from a day on.

    `rate` is exact: minor units for a unit or a point, or a part of the price; `without_price_minor` is for a unit
    whose price was not told. Each funder's share is its number of the sum of `shares`.
    """

    kind: Kind
    item: str
    from_day: date
    pays: Pays
    rate: Fraction
    without_price_minor: int | None
    funders: tuple[str, ...]
    shares: tuple[int, ...]

    @property
    def text(self) -> str:
        """As files tell it, in minor units."""
        unit = {"per-unit": "per unit", "per-point": "per point", "share-of-price": "of price"}[self.pays]
        unpriced = "" if self.without_price_minor is None else f" or {self.without_price_minor} per unit without one"
        whole = sum(self.shares)
        shares = " ".join(f"{name} {Fraction(n, whole)}" for name, n in zip(self.funders, self.shares, strict=True))
        return f"{self.item} from {self.from_day}: {self.rate} {unit}{unpriced}; {shares}"


class Standing(NamedTuple):
    """What of a redemption stands, captured and not given back; `price_minor` of it is not paid by the customer."""

    units: int = 0
    points: int = 0
    price_minor: int | None = None


class Worth(NamedTuple):
    """What a standing is worth in minor units, and what of it each funder bears."""

    value_minor: int
    funded: Mapping[str, int]

    @property
    def amount_minor(self) -> int:
        """What the merchant is paid."""
        return self.value_minor - self.funded.get(MERCHANT, 0)

    def less(self, other: "Worth") -> "Worth":
        names = [*self.funded, *(name for name in other.funded if name not in self.funded)]
        return Worth(
            self.value_minor - other.value_minor,
            {name: self.funded.get(name, 0) - other.funded.get(name, 0) for name in names},
        )


class Contracts:
    """All terms of one merchant."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._newest_first = sorted(terms, key=lambda term: term.from_day, reverse=True)

    def __contains__(self, term: Term) -> bool:
        return term in self._newest_first

    def on(self, day: date, kind: Kind, item: str) -> Term | None:
        """The term in force on a day."""
        return next((t for t in self._newest_first if (t.kind, t.item) == (kind, item) and t.from_day <= day), None)

    def any_on(self, day: date) -> bool:
        return any(term.from_day <= day for term in self._newest_first)


def worth(terms: Iterable[Term], standing: Standing) -> Worth:
    """What a standing is worth by its terms, each rounded half-up to the minor unit."""
    funded: dict[str, int] = {}
    total = 0
    for term in terms:
        value = _value(term, standing)
        total += value
        for name, part in _funded(term, value):
            funded[name] = funded.get(name, 0) + part
    return Worth(total, funded)


def _value(term: Term, standing: Standing) -> int:
    match term.pays:
        case "per-unit":
            exact = term.rate * standing.units
        case "per-point":
            exact = term.rate * standing.points
        case "share-of-price" if standing.price_minor is not None:
            exact = term.rate * standing.price_minor
        case "share-of-price":
            exact = Fraction((term.without_price_minor or 0) * standing.units)
        case _:
            assert_never(term.pays)
    return rounded(exact.numerator, exact.denominator, "half-up")


def _funded(term: Term, value: int) -> list[tuple[str, int]]:
    """Each funder's part rounded down; what that leaves over falls to the first."""
    whole = sum(term.shares)
    parts = [value * share // whole for share in term.shares]
    parts[0] += value - sum(parts)
    return list(zip(term.funders, parts, strict=True))


def plain(term: Term) -> dict[str, Any]:
    """The stored form of a term: the contract's columns."""
    told = term._asdict() | {"rate_numerator": term.rate.numerator, "rate_denominator": term.rate.denominator}
    del told["rate"]
    return told


def restored(row: Mapping[str, Any]) -> Term:
    """A term from its stored form, or from a contract's row."""
    told = {name: row[name] for name in Term._fields if name != "rate"}
    day = told["from_day"]
    told["from_day"] = date.fromisoformat(day) if isinstance(day, str) else day
    told |= {"funders": tuple(told["funders"]), "shares": tuple(told["shares"])}
    return Term(rate=Fraction(row["rate_numerator"], row["rate_denominator"]), **told)
