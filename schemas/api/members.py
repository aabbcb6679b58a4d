"""What channels are told of a customer, and what they ask for on its behalf."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from schemas.events.redemptions import Conversion, Purchase, Units
from schemas.fields import Day, Id, Instant, MemberId, Payload, Slug
from schemas.merchants import Count, FirstDayNotValid
from schemas.money import Amount

Points = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Label = Annotated[str, Field(description="In the language that was asked for; the id where it has none.")]
Cursor = Annotated[str | None, Field(description="Ask on with `cursor`; absent: there is no more.")]
GOOD_FOR_S: Final = 300


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class PointBalance(Payload):
    """Of one type of points: what was posted in all is available + pending + held − deficit."""

    point_type: Slug
    label: Label
    available: Count
    pending: Annotated[Count, Field(description="Earned, and not to be spent yet.")]
    held: Annotated[Count, Field(description="Kept for merchants.")]
    deficit: Annotated[Count, Field(description="Owed; the next that are earned fill it.")]


class Expiring(Payload):
    """Points whose last day lies in a month."""

    point_type: Slug
    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")]
    points: Count
    from_day: Annotated[Day, Field(description="The first day on which some of them are not valid any more.")]


class Condition(Payload):
    """What a tier asks of a metric and what the member has of it; money in minor units."""

    metric: Slug
    label: Label
    has: int
    asks: int
    missing: Count


class Asked(Payload):
    """A tier, and what it asks for: `any` or `all` of the conditions."""

    tier: Slug
    label: Label
    match: Literal["any", "all"]
    met: bool
    conditions: tuple[Condition, ...]


class TierState(Payload):
    """The tier with the way up and what keeps it. `projected` is what a review on this day would come to."""

    tier: Slug | None = None
    label: Label | None = None
    projected: Slug | None = None
    next: Asked | None = None
    keep: Asked | None = None
    rated_on: Annotated[Day | None, Field(description="The next review.")] = None
    safe_until: Annotated[Day | None, Field(description="Before this day no review takes the tier.")] = None
    falls_on: Annotated[Day | None, Field(description="A grace that runs ends on it.")] = None
    locked_until: Annotated[Day | None, Field(description="Given by hand, and kept before this day.")] = None


class ScoreLine(Payload):
    metric: Slug
    label: Label
    value: Annotated[int, Field(description="Money in minor units.")]
    points: int
    at_most: int | None = None


class MemberState(Payload):
    """A customer on a day, as of a version that grows with everything that is decided about it."""

    model_config = _example(
        member_id="m-001", version=17, day="2026-10-05", status="enrolled", score=80,
        balances=[{"point_type": "reward", "label": "Points", "available": 1200, "pending": 0, "held": 300,
                   "deficit": 0}],
        expiring=[{"point_type": "reward", "month": "2028-10", "points": 1200, "from_day": "2028-11-01"}],
        tier={"tier": "basic", "label": "Basic", "projected": "basic"}, score_lines=[],
    )  # fmt: skip

    member_id: MemberId
    version: Count
    day: Annotated[Day, Field(description="In the program's zone; tier and progress are of it.")]
    status: Literal["unknown", "provisional", "enrolled", "closed", "merged"]
    merged_into: MemberId | None = None
    score: Count
    balances: tuple[PointBalance, ...]
    expiring: tuple[Expiring, ...]
    tier: TierState
    score_lines: tuple[ScoreLine, ...]


class Sum(Payload):
    """points = sign × round(basis × rate_numerator ÷ rate_denominator + carried), a part of it, and what a cap left."""

    sign: Literal[-1, 1]
    basis: int
    rate_numerator: int
    rate_denominator: Annotated[int, Field(ge=1)]
    carried: Annotated[str, Field(description="A fraction, such as 1/3.")]
    rounding: Literal["down", "up", "half-up", "half-even"]
    part: Annotated[int | None, Field(ge=1, description="Of `parts`, as equal as can be; the larger come last.")] = None
    parts: Annotated[int | None, Field(ge=2)] = None
    desired_points: Count
    capped_by: str | None = None
    cap_limit: int | None = None
    cap_left: Count | None = None


class Posting(Payload):
    """A movement of points, explained."""

    posting_id: UUID
    member_version: Count
    kind: Slug
    rule: str
    label: Label
    point_type: Slug
    points: Points
    balance_after: Annotated[Count, Field(description="Available, of this type.")]
    occurred_at: Instant
    business_date: Day
    expires_on: FirstDayNotValid | None = None
    explanation: str
    sum: Sum


class Postings(Payload):
    """The newest first."""

    items: tuple[Posting, ...]
    next: Cursor = None


class Benefit(Payload):
    """A grant that is open."""

    grant_id: UUID
    benefit: Slug
    label: Label
    network: Slug
    units: Annotated[Count | None, Field(description="Granted; absent: without limit.")] = None
    left: Annotated[Count | None, Field(description="Neither used nor held; absent: without limit.")] = None
    valid_from: Day
    valid_until: FirstDayNotValid
    value_ceiling_minor: Annotated[Amount | None, Field(description="Per use.")] = None


class ForSale(Payload):
    """A benefit that points buy."""

    benefit: Slug
    label: Label
    network: Slug
    price: Annotated[Count, Field(description="Points of `point_type` for a unit.")]
    point_type: Slug


class Benefits(Payload):
    version: Count
    granted: tuple[Benefit, ...]
    for_sale: tuple[ForSale, ...]


class Redeemed(Payload):
    """A redemption as it stands."""

    merchant: Id
    merchant_ref: str
    network: Slug
    state: Literal["held", "captured", "voided", "lapsed", "reversed"]
    points: Count
    point_type: Slug | None = None
    returned_points: Count
    benefit: Slug | None = None
    units: Count
    used_on: Day
    lapses_at: Instant | None = None


class Redemptions(Payload):
    """The one that changed last first."""

    items: tuple[Redeemed, ...]
    next: Cursor = None


class CodeAsked(Payload):
    """A code to be shown: of the member, or of one of its grants, which is then the only thing that it is good for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"good_for_s": 120}]})

    good_for_s: Annotated[int, Field(ge=30, le=900)] = GOOD_FOR_S
    grant_id: Annotated[str | None, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] = None


class Code(Payload):
    """Shown once and kept by nobody: who loses it asks for another."""

    model_config = _example(code="7H3K-9QWX-52TM-B", expires_at="2026-10-05T09:35:00+08:00")

    code: str
    expires_at: Instant


class PurchaseAsked(Purchase):
    model_config = _example(benefit="car-wash", units=1)


class ConversionAsked(Conversion):
    model_config = _example(benefit="car-wash", into="haircut")


class Given(Payload):
    """What a purchase or a conversion gave: a new grant, for so many points."""

    model_config = _example(
        member_version=18, grant_id="6b0e6f0c-5b1e-5a3c-9d3f-0a1b2c3d4e5f", benefit="car-wash", units=1, points=-800,
        valid_until="2027-01-01",
    )  # fmt: skip

    member_version: Count
    grant_id: UUID
    benefit: Slug
    units: Units
    points: Points
    valid_until: FirstDayNotValid


class Question(Payload):
    """A dealing that might happen now, and how far to look ahead. Names that `data` leaves out are made up."""

    model_config = _example(
        type="term-deposit.opened", through="2026-12-31",
        data={"product": "term-12m", "amount_minor": 5_000_000, "balance_minor": 5_000_000, "tenor_months": 12,
              "new_money": True, "renewal": False},
    )  # fmt: skip

    type: Annotated[str, Field(max_length=64, description="Of the event, without its version.")]
    data: Annotated[dict[str, Any], Field(max_length=32, description="As of the event; amounts in minor units.")]
    through: Annotated[Day | None, Field(description="At most a year ahead: closes of periods until then count.")] = (
        None
    )


class Earned(Payload):
    """Points that would come."""

    point_type: Slug
    points: Points
    rule: str
    label: Label
    on: Annotated[Day, Field(description="The day that they would count for.")]
    explanation: str | None = None


class Answer(Payload):
    """What it would bring; nothing was recorded. `later` is what closes would give beside what they give anyway."""

    refused: Annotated[str | None, Field(description="Why it would bring nothing.")] = None
    now: tuple[Earned, ...] = ()
    later: tuple[Earned, ...] = ()
    points: Annotated[dict[str, int], Field(description="By type, both together.")] = {}
    tier: Slug | None = None
    tier_otherwise: Slug | None = None
    grants: tuple[Slug, ...] = ()
