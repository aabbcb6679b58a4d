"""What merchants' finance departments ask of the API: settlement files, and how their own log compares."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from schemas.fields import Day, Id, Instant, Payload, Slug
from schemas.merchants import Count
from schemas.money import Currency

Minor = Annotated[int, Field(description="Minor units; what was given back is below zero.")]
DifferenceKind = Literal[
    "missing-at-merchant",
    "missing-here",
    "state-differs",
    "quantity-differs",
    "amount-differs",
    "duplicate",
    "settled-in-another-file",
    "after-the-cut-off",
    "not-settled",
]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Sha256 = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", description="Of every byte of the file before its trailer, as CSV.")
]

FILE: Final[JsonDict] = {
    "merchant": "bright-car-wash",
    "number": 7,
    "business_date": "2026-10-09",
    "currency": "CNY",
    "captures": 41,
    "returns": 1,
    "value_minor": 120_000,
    "amount_minor": 120_000,
    "sha256": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
}
LINE: Final[JsonDict] = {
    "line": 1,
    "step": "capture",
    "redemption_id": "3f0c7a52-8a55-5d9e-9b6e-1f4f6a1f2c11",
    "merchant_ref": "till-3.20261009.17",
    "used_on": "2026-10-09",
    "occurred_at": "2026-10-09T02:30:00Z",
    "benefit": "car-wash",
    "units": 1,
    "points": 0,
    "value_minor": 3_000,
    "amount_minor": 3_000,
    "funded": {"bank": 2_100, "lube-brand": 900},
    "terms": "car-wash from 2026-01-01: 3000 per unit; bank 7/10 lube-brand 3/10",
}
DIFFERENCE: Final[JsonDict] = {
    "kind": "amount-differs",
    "merchant_ref": "till-3.20261009.17",
    "line": 2,
    "file": 7,
    "theirs": {"state": "captured", "units": 1, "points": 0, "amount_minor": 3_200},
    "ours": {"state": "captured", "units": 1, "points": 0, "amount_minor": 3_000},
    "difference_minor": 200,
}


def _example(example: JsonDict) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class SettlementFile(Payload):
    """A settlement file: of all captures and returns since the file before."""

    model_config = _example(FILE)

    merchant: Id
    number: Annotated[Number, Field(description="Of the merchant's files, without a gap.")]
    business_date: Day
    currency: Currency
    captures: Count
    returns: Count
    value_minor: Minor
    amount_minor: Annotated[int, Field(description="What the merchant is paid; below zero when returns outweigh.")]
    sha256: Sha256


class SettlementFiles(Payload):
    """Settlement files, the newest first."""

    model_config = _example({"items": [FILE], "next": "6"})

    items: tuple[SettlementFile, ...]
    next: Annotated[str | None, Field(description="The cursor of what follows; absent at the end.")] = None


class SettlementPlace(Payload):
    """A line of a file."""

    number: Number
    line: Number


class SettlementLine(Payload):
    """One movement of one redemption."""

    model_config = _example(LINE)

    line: Number
    step: Literal["capture", "return"]
    redemption_id: UUID
    merchant_ref: str
    used_on: Day
    occurred_at: Instant
    benefit: Slug | None = None
    units: int
    point_type: Slug | None = None
    points: int
    price_minor: Annotated[int | None, Field(description="Of the price told, what the customer does not pay.")] = None
    value_minor: Minor
    amount_minor: Minor
    funded: Annotated[dict[str, int], Field(description="Who bears what of the value, in minor units.")]
    terms: Annotated[str, Field(description="Of the contract, as they were.")]
    corrects: Annotated[SettlementPlace | None, Field(description="The redemption's first line, of a return.")] = None


class SettlementLines(Payload):
    """A settlement file with its lines, some at a time."""

    model_config = _example({"file": FILE, "items": [LINE]})

    file: SettlementFile
    items: tuple[SettlementLine, ...]
    next: Annotated[str | None, Field(description="The cursor of what follows; absent at the end.")] = None


class Side(Payload):
    """How a redemption stands."""

    state: str
    units: Count
    points: Count
    amount_minor: Annotated[int | None, Field(description="Absent where it was not told, or nothing is settled.")] = (
        None
    )


class Difference(Payload):
    """What does not agree between the merchant's log, the bank's ledger and the settlement file."""

    model_config = _example(DIFFERENCE)

    kind: Annotated[
        DifferenceKind,
        Field(json_schema_extra={"x-open": True}),
    ]
    merchant_ref: str
    line: Annotated[int | None, Field(ge=2, description="Of the log, its first line being the names.")] = None
    file: Annotated[int | None, Field(ge=1, description="Where it was settled last.")] = None
    theirs: Side | None = None
    ours: Side | None = None
    difference_minor: Annotated[int, Field(description="What the log has more than the file.")]


class Sum(Payload):
    """How many differences of a kind there are, and what they come to."""

    count: Count
    difference_minor: int


class Reconciliation(Payload):
    """A log compared with a settlement file: log_minor - file_minor is the sum of all differences."""

    model_config = _example(
        {
            "number": 7,
            "lines": 42,
            "redemptions": 42,
            "matched": 41,
            "log_minor": 120_200,
            "file_minor": 120_000,
            "kinds": {"amount-differs": {"count": 1, "difference_minor": 200}},
            "differences": [DIFFERENCE],
            "untold": 0,
        }
    )

    number: Number
    lines: Count
    redemptions: Count
    matched: Count
    log_minor: int
    file_minor: int
    kinds: dict[str, Sum]
    differences: Annotated[tuple[Difference, ...], Field(description="The first thousand.")]
    untold: Annotated[int, Field(ge=0, description="How many differences there are beyond those.")]


LOG: Final = "merchant_ref,state,units,points,amount_minor\ntill-3.20261009.17,captured,1,0,3000\n"
