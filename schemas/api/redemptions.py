"""What merchants ask of the API, and what they are answered: nothing about the person, not even the pseudonym."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from schemas.api.given import NOT_NULL, all_or_none, given
from schemas.events.redemptions import Asked, Minutes, Points
from schemas.fields import Id, Payload, Slug
from schemas.merchants import Count, FirstDayNotValid, RedemptionResult
from schemas.money import Amount

MerchantRef = Annotated[
    str,
    Field(
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z0-9._:~-]*[A-Za-z][A-Za-z0-9._:~-]*$",
        description="The merchant's own reference, unique at the merchant for ever; with a letter in it.",
        examples=["till-3.20261005.17"],
    ),
]
Code = Annotated[
    str,
    Field(
        min_length=13,
        max_length=32,
        pattern=r"^[0-9A-Za-z*~$= -]+$",
        description="As the customer shows it; case, spaces and hyphens do not matter.",
        examples=["7H3K-9QWX-52TM-B"],
    ),
]


def _examples(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


POINTS: Final[JsonDict] = {"merchant_ref": "till-3.20261005.17", "code": "7H3K-9QWX-52TM-B", "points": 500}
BENEFIT: Final[JsonDict] = {
    "merchant_ref": "till-3.20261005.18",
    "code": "7H3K-9QWX-52TM-B",
    "benefit": "car-wash",
    "capture": True,
}


class Redemption(Asked):
    """Points, or units of a benefit, of whoever shows the code. Held for a while, or with `capture` taken at once."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [given("points", without=("benefit",)), given("benefit", without=("points",))],
            "allOf": [
                all_or_none("amount_minor", "currency"),
                {"not": {"required": ["capture", "hold_minutes"],
                         "properties": {"capture": {"const": True}, "hold_minutes": NOT_NULL}}},
            ],
            "examples": [POINTS, BENEFIT],
        }
    )  # fmt: skip

    merchant_ref: MerchantRef
    code: Code
    capture: Annotated[bool, Field(description="Take it in one step, for small shops; otherwise it is held.")] = False
    hold_minutes: Annotated[Minutes | None, Field(description="Absent: as the program says, mostly 15.")] = None

    @model_validator(mode="after")
    def _is_held_or_taken(self) -> Self:
        if self.capture and self.hold_minutes is not None:
            raise ValueError("hold_minutes is of a hold, and nothing is held where capture is true")
        return self


class Capture(Payload):
    """What of the hold is taken; all of it where nothing is said."""

    model_config = _examples({}, {"points": 300, "rest": "void"})

    points: Annotated[Points | None, Field(description="A part of the points held; absent: all.")] = None
    rest: Annotated[
        Literal["void", "keep"] | None, Field(description="What becomes of points not taken; absent: they are void.")
    ] = None


class Void(Payload):
    """Nothing is to be said of it."""

    model_config = _examples({})


class Reverse(Payload):
    """What of the capture goes back; all that is left where nothing is said."""

    model_config = _examples({}, {"points": 100})

    points: Annotated[Points | None, Field(description="A part of the points taken; absent: all that is left.")] = None


class RedemptionState(RedemptionResult):
    """A redemption as it stands; the same that its topic and webhook tell."""

    model_config = _examples(
        {
            "bank": "anping", "merchant": "mer-881", "merchant_ref": "till-3.20261005.17",
            "redemption_id": "6b0e6f0c-5b1e-5a3c-9d3f-0a1b2c3d4e5f", "network": "car-care", "state": "held",
            "points": 500, "lapses_at": "2026-10-05T09:45:00+08:00",
        }
    )  # fmt: skip


class Forwarded(Payload):
    """The request goes to the account that the customer's became part of; its result comes by topic and webhook."""

    merchant: Id
    merchant_ref: MerchantRef
    state: Literal["forwarded"] = "forwarded"


class LookUp(Payload):
    """A code, before anything is asked of it."""

    model_config = _examples({"code": "7H3K-9QWX-52TM-B"})

    code: Code


class Redeemable(Payload):
    """A benefit that may be redeemed here, today, by whoever shows the code."""

    benefit: Slug
    units: Annotated[Count | None, Field(description="Left; absent: without limit.")] = None
    valid_until: FirstDayNotValid
    companions_at_most: Annotated[int | None, Field(ge=1, description="Each takes a unit more.")] = None
    value_ceiling_minor: Annotated[Amount | None, Field(description="Per use.")] = None
    discount_percent: Annotated[int | None, Field(ge=1, le=100)] = None
    price_needed: Annotated[bool, Field(description="A redemption has to tell the price.")] = False


class LookedUp(Payload):
    """What the code is good for at this merchant."""

    model_config = _examples(
        {
            "merchant": "mer-881", "network": "car-care", "points": ["reward"],
            "benefits": [{"benefit": "car-wash", "units": 3, "valid_until": "2027-01-01", "price_needed": False}],
        }
    )  # fmt: skip

    merchant: Id
    network: Slug
    points: Annotated[tuple[Slug, ...], Field(description="Types of points that may be spent; none of a voucher.")] = ()
    benefits: tuple[Redeemable, ...] = ()
