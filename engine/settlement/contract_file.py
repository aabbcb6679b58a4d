"""Contracts as people write them: a YAML file of a bank's merchants, every mistake told with its line and remedy."""

import re
from collections.abc import Iterator
from fractions import Fraction
from math import lcm
from typing import Annotated, Any, Final, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from engine.settlement.contracts import Kind, Pays, Term
from rules.language.load import read_as
from rules.language.problems import Problem, unknown
from rules.language.words import Day, Name, Number, Words
from rules.program import Programs
from schemas.fields import Id
from schemas.money import EXPONENTS, Currency

_AMOUNT: Final = r"(\d{1,9}(?:\.\d{1,4})?)"
_PAYS: Final[dict[Pays, re.Pattern[str]]] = {
    "per-unit": re.compile(rf"^{_AMOUNT} per unit$"),
    "per-point": re.compile(rf"^{_AMOUNT} per (\d{{1,9}}) points$"),
    "share-of-price": re.compile(r"^(\d{1,3}(?:\.\d{1,4})?)% of price$"),
}
_PERCENT: Final = re.compile(r"^(\d{1,3}(?:\.\d{1,6})?)%$")
_PART: Final = re.compile(r"^(\d{1,6})/(\d{1,6})$")
_HUNDRED: Final = 100
_COIN: Final = "expected an amount of {}, of at most {} decimals"


class Paid(NamedTuple):
    """What is paid, in the currency's whole units."""

    pays: Pays
    rate: Fraction


def _paid(value: Any) -> Paid:
    for pays, form in _PAYS.items():
        found = form.match(value) if isinstance(value, str) else None
        per = int(found[2]) if found and pays == "per-point" else _HUNDRED if pays == "share-of-price" else 1
        if found and per and (pays != "share-of-price" or Fraction(found[1]) <= _HUNDRED):
            return Paid(pays, Fraction(found[1]) / per)
    raise PydanticCustomError(
        "pays",
        "expected '30.00 per unit', '80% of price' or '1.00 per 100 points', not {given}",
        {"given": repr(value)},
    )


def _share(value: Any) -> Fraction:
    percent, part = (form.match(value) if isinstance(value, str) else None for form in (_PERCENT, _PART))
    share = Fraction(percent[1]) / _HUNDRED if percent else Fraction(0)
    share = Fraction(int(part[1]), int(part[2])) if part and int(part[2]) else share
    if not 0 < share <= 1:
        raise PydanticCustomError("share", "expected a share such as 70% or 1/3, not {given}", {"given": repr(value)})
    return share


def _whole(shares: dict[str, Fraction]) -> dict[str, Fraction]:
    together = sum(shares.values())
    if together != 1:
        message = "shares come to {given}, expected 100%; thirds are written 1/3"
        raise PydanticCustomError("shares", message, {"given": f"{float(together) * 100:g}%"})
    return shares


Share = Annotated[Fraction, BeforeValidator(_share)]
Shares = Annotated[dict[Name, Share], Field(min_length=1, max_length=8), AfterValidator(_whole)]


class Row(Words):
    """From a day on, what a merchant is paid for a benefit or for points, and who bears it."""

    from_day: Annotated[Day, Field(alias="from")]
    benefit: Name | None = None
    points: Name | None = None
    pays: Annotated[Paid, BeforeValidator(_paid)]
    without_price: Number | None = None
    funded_by: Shares

    @property
    def kind(self) -> Kind:
        return "points" if self.benefit is None else "benefit"

    @property
    def item(self) -> str:
        return self.benefit or self.points or ""


class ContractFile(Words):
    """A bank's contracts, whole or in part: what is there already is left as it is."""

    bank: Name
    currency: Currency
    merchants: Annotated[dict[Id, Annotated[list[Row], Field(min_length=1)]], Field(min_length=1)]


class Contract(NamedTuple):
    """A term of one merchant; `line` is where in a file it stands."""

    bank: str
    merchant: str
    currency: str
    term: Term
    line: int


def read(text: str, name: str, programs: dict[str, Programs]) -> list[Contract]:
    """The contracts of a file. Raises ProgramRefused, which holds every mistake with its line."""
    file, source = read_as(ContractFile, text, name)
    known = programs.get(file.bank)
    if known is None:
        raise source.placed([Problem(("bank",), unknown(file.bank, programs, "bank"))])
    found = [*_of_file(file, known), *(p for m, rows in file.merchants.items() for p in _of_rows(m, rows, file, known))]
    if found:
        raise source.placed(found)
    return [
        Contract(file.bank, m, file.currency, _term(row, file.currency), source.position(("merchants", m, at))[0])
        for m, rows in file.merchants.items()
        for at, row in enumerate(rows)
    ]


def _of_file(file: ContractFile, programs: Programs) -> Iterator[Problem]:
    currency = programs.versions[-1].currency
    if file.currency != currency:
        yield Problem(("currency",), f"{file.bank} settles in its program's currency: write {currency}")


def _of_rows(merchant: str, rows: list[Row], file: ContractFile, programs: Programs) -> Iterator[Problem]:
    seen: set[tuple[Any, ...]] = set()
    for at, row in enumerate(rows):
        path = ("merchants", merchant, at)
        yield from (Problem((*path, word), message) for word, message in _of_row(row, file.currency, programs))
        key = row.kind, row.item, row.from_day
        if key in seen:
            yield Problem(path, f"{row.item} has two rows from {row.from_day}: keep one of the two")
        seen.add(key)


def _of_row(row: Row, currency: str, programs: Programs) -> Iterator[tuple[str, str]]:
    """Mistakes of one row, each at a word of it."""
    if (row.benefit is None) == (row.points is None):
        yield "from", "exactly one of the words benefit and points says what is paid for"
        return
    if row.item not in _items(row.kind, programs):
        what = "benefit" if row.kind == "benefit" else "spendable point type"
        yield row.kind, unknown(row.item, _items(row.kind, programs), what)
    if (row.kind == "points") != (row.pays.pays == "per-point"):
        yield "pays", "a benefit is paid '30.00 per unit' or '80% of price', points are paid '1.00 per 100 points'"
    if (row.pays.pays == "share-of-price") != (row.without_price is not None):
        yield "pays", "without_price goes with a share of the price, and says what a unit without a price brings"
    if row.pays.pays == "per-unit" and not _is_coin(row.pays.rate, currency):
        yield "pays", _COIN.format(currency, EXPONENTS[currency])
    if row.without_price is not None and not _is_coin(row.without_price, currency):
        yield "without_price", _COIN.format(currency, EXPONENTS[currency])


def _is_coin(amount: Fraction, currency: str) -> bool:
    return amount >= 0 and (amount * 10 ** EXPONENTS[currency]).denominator == 1


def _items(kind: Kind, programs: Programs) -> set[str]:
    if kind == "points":
        return {t.id for p in programs.versions for t in p.point_types.values() if t.spendable}
    return {benefit.id for p in programs.versions for benefit in p.benefits}


def _term(row: Row, currency: str) -> Term:
    exponent = EXPONENTS[currency]
    scale = 1 if row.pays.pays == "share-of-price" else 10**exponent
    whole = lcm(*(share.denominator for share in row.funded_by.values()))
    without = None if row.without_price is None else int(row.without_price * 10**exponent)
    return Term(
        kind=row.kind,
        item=row.item,
        from_day=row.from_day,
        pays=row.pays.pays,
        rate=row.pays.rate * scale,
        without_price_minor=without,
        funders=tuple(row.funded_by),
        shares=tuple(int(share * whole) for share in row.funded_by.values()),
    )
