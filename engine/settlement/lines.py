"""What a step of a redemption brings onto a settlement file.

One law: after each of its lines, a redemption's lines come to what it is worth as it stands, by the terms of its first
line. So a return takes back to the minor unit what its captures brought, whatever contracts say by then.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson

from engine.settlement.contracts import Contracts, Kind, Standing, Term, Worth, plain, restored, worth

Place = tuple[int, int]
"""A line, by the number of its file and its own."""


class First(NamedTuple):
    """A redemption's first line, which fixes its terms and is named by what corrects it."""

    place: Place
    terms: tuple[Term, ...]


class Step(NamedTuple):
    """A redemption's row in the ledger, how it stood before, and its first line where it has one."""

    redemption_id: UUID
    member_version: int
    merchant_ref: str
    benefit_id: str | None
    point_type: str | None
    before: Standing
    after: Standing
    price_minor: int | None
    used_on: date
    occurred_at: datetime
    journal_seq: int
    first: First | None

    @property
    def moves(self) -> bool:
        """Whether anything was captured or given back; a hold, a void and a lapse do neither."""
        return (self.after.units, self.after.points) != (self.before.units, self.before.points)


class Line(NamedTuple):
    """One line of a file, in the order of its columns. Signed: what is given back is below zero."""

    number: int
    line: int
    step: Literal["capture", "return"]
    redemption_id: UUID
    member_version: int
    merchant_ref: str
    benefit_id: str | None
    units: int
    point_type: str | None
    points: int
    price_minor: int | None
    value_minor: int
    amount_minor: int
    terms: tuple[Term, ...]
    funded: Mapping[str, int]
    corrects: Place | None
    used_on: date
    occurred_at: datetime
    journal_seq: int


class Missing(NamedTuple):
    """What was used of a merchant and no contract says what it brings."""

    kind: Kind
    item: str
    used_on: date
    merchant_ref: str


def line(step: Step, first: First | None, contracts: Contracts, at: Place) -> Line | Missing:
    """The line of a step that moves something, by its first line's terms or those in force on the day of the use."""
    terms = first.terms if first else agreed(step, contracts)
    if isinstance(terms, Missing):
        return terms
    moved = _moved(step, terms)
    units, points = step.after.units - step.before.units, step.after.points - step.before.points
    returns = units < 0 or points < 0
    return Line(
        number=at[0],
        line=at[1],
        step="return" if returns else "capture",
        redemption_id=step.redemption_id,
        member_version=step.member_version,
        merchant_ref=step.merchant_ref,
        benefit_id=step.benefit_id,
        units=units,
        point_type=step.point_type,
        points=points,
        price_minor=step.price_minor,
        value_minor=moved.value_minor,
        amount_minor=moved.amount_minor,
        terms=terms,
        funded=moved.funded,
        corrects=first.place if first and returns else None,
        used_on=step.used_on,
        occurred_at=step.occurred_at,
        journal_seq=step.journal_seq,
    )


def _moved(step: Step, terms: tuple[Term, ...]) -> Worth:
    return worth(terms, step.after).less(worth(terms, step.before))


def agreed(step: Step, contracts: Contracts) -> tuple[Term, ...] | Missing:
    """The terms of a use: of its benefit, and of points unless a share of the price pays for them too."""
    terms: list[Term] = []
    if step.benefit_id is not None:
        term = contracts.on(step.used_on, "benefit", step.benefit_id)
        if term is None:
            return Missing("benefit", step.benefit_id, step.used_on, step.merchant_ref)
        terms.append(term)
    if step.point_type is not None and not any(term.pays == "share-of-price" for term in terms):
        term = contracts.on(step.used_on, "points", step.point_type)
        if term is None:
            return Missing("points", step.point_type, step.used_on, step.merchant_ref)
        terms.append(term)
    return tuple(terms)


def step_of(row: Mapping[str, Any]) -> Step:
    """A step from a row of `settlement_steps`."""
    price = None if row["amount_minor"] is None else row["amount_minor"] - (row["payable_minor"] or 0)
    place = row["first_number"], row["first_line"]
    return Step(
        redemption_id=row["redemption_id"],
        member_version=row["member_version"],
        merchant_ref=row["merchant_ref"],
        benefit_id=row["benefit_id"],
        point_type=row["point_type"],
        before=_standing(row["was_state"], row["units"], row["was_kept"] or 0, price),
        after=_standing(row["state"], row["units"], row["kept"], price),
        price_minor=price,
        used_on=row["used_on"],
        occurred_at=row["occurred_at"],
        journal_seq=row["journal_seq"],
        first=None if row["first_number"] is None else First(place, terms_of(row["first_terms"])),
    )


def _standing(state: str | None, units: int, kept: int, price: int | None) -> Standing:
    """Units are taken all at once by the capture, and given back by the reversal; of points some may stand."""
    taken = units if state == "captured" else 0
    return Standing(taken, kept, price if taken else None)


def terms_text(terms: tuple[Term, ...]) -> str:
    """Terms in their stored form."""
    return orjson.dumps([plain(term) for term in terms]).decode()


def terms_of(text: str) -> tuple[Term, ...]:
    return tuple(restored(row) for row in orjson.loads(text))
