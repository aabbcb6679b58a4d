"""What one of the bank's people proposes and another decides, kind by kind."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field

from schemas.api.access import KeyId, Region, Sandbox, Scopes
from schemas.api.members import Cursor
from schemas.api.programs import Hash
from schemas.api.stops import What
from schemas.events.points import Points
from schemas.fields import Day, Id, Instant, MemberId, Payload, Slug
from schemas.merchants import Count


def _moves(points: int) -> int:
    if points == 0:
        raise ValueError("points must not be zero")
    return points


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class PointsAdjustment(Payload):
    """Points put right by hand. The program says for which reasons, and how many checkers so many points need."""

    kind: Literal["adjustment"]
    member_id: MemberId
    point_type: Slug
    points: Annotated[
        Points,
        AfterValidator(_moves),
        Field(description="Signed, never zero.", json_schema_extra={"not": {"const": 0}}),
    ]


class Freeze(Payload):
    """A member is looked into, and may not spend points (no-burn), nor use units (earn-only), nor earn (full)."""

    kind: Literal["freeze"]
    member_id: MemberId
    freeze: Literal["no-burn", "earn-only", "full"]


class Unfreeze(Payload):
    """Nothing is against the member any more."""

    kind: Literal["unfreeze"]
    member_id: MemberId


class Tier(Payload):
    """A tier given by hand, and kept until a day whatever reviews find."""

    kind: Literal["tier"]
    member_id: MemberId
    tier: Slug
    until: Annotated[Day, Field(description="The first day on which it is no longer locked.")]


class Closure(Payload):
    """The member leaves; points that are left are forfeited."""

    kind: Literal["close"]
    member_id: MemberId


class Erasure(Payload):
    """What the member told of itself is forgotten: its profile, and what it chose to be told."""

    kind: Literal["erase"]
    member_id: MemberId


class MerchantStanding(Payload):
    """A merchant may redeem nothing more, or again; what it holds it may capture or void all the same."""

    kind: Literal["merchant"]
    merchant: Id
    status: Literal["active", "suspended"]


class MerchantPace(Payload):
    """How many redemptions a merchant may begin; what is left out has no limit."""

    kind: Literal["merchant-pace"]
    merchant: Id
    per_hour: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    per_day: Annotated[int | None, Field(ge=1, le=10_000_000)] = None


class MerchantRegistration(Payload):
    """A merchant that the bank does not have yet, and the network whose benefits it honours, made where it is new."""

    kind: Literal["merchant-registration"]
    merchant: Id
    network: Slug
    region: Region = None
    sandbox: Sandbox = False


class KeyMaking(Payload):
    """A key of a merchant or a channel, which its maker takes when it is approved, at `POST /v1/keys`, once."""

    kind: Literal["key"]
    role: Annotated[Literal["merchant", "channel"], Field(description="Keys of people are made by `points keys`.")]
    holder: Annotated[Id, Field(description="The merchant, or the channel's name.")]
    scopes: Annotated[Scopes, Field(description="What alone it may do; without any all that its role may.")] = ()
    days: Annotated[int | None, Field(ge=1, le=3660, description="For how long it is good, from when it is taken.")] = (
        None
    )


class ProgramActivation(Payload):
    """A program version that was uploaded, and is shadow-ready, comes into force from its first day on."""

    kind: Literal["program-activation"]
    program_hash: Hash


class Resumption(Payload):
    """What is stopped begins again."""

    kind: Literal["resume"]
    what: What


OfMember = PointsAdjustment | Freeze | Unfreeze | Tier | Closure | Erasure
"""What becomes a command of a member."""
OfBank = MerchantStanding | MerchantPace | MerchantRegistration | ProgramActivation | Resumption
"""What is done at once, in the transaction of the last approval."""
AnyChange = OfMember | OfBank | KeyMaking
"""A key is told to its maker alone, who comes for it after the approval."""
Change = Annotated[AnyChange, Field(discriminator="kind")]
Kind = Literal[
    "adjustment", "freeze", "unfreeze", "tier", "close", "erase", "merchant", "merchant-pace",
    "merchant-registration", "key", "program-activation", "resume",
]  # fmt: skip
State = Literal["proposed", "approved", "carried-out", "refused", "rejected", "withdrawn", "expired"]

_CHANGE = {"kind": "adjustment", "member_id": "m-1", "point_type": "reward", "points": 500}


class Proposing(Payload):
    """A change that another person has to approve."""

    model_config = _example(change=_CHANGE, reason="goodwill", case="complaint-2026-118")

    change: Change
    reason: Annotated[Slug, Field(description="Why; of an adjustment one of the program's reasons.")]
    case: Annotated[Id | None, Field(description="The bank's own reference.")] = None


class Approval(Payload):
    """Nothing is to be said of it."""

    model_config = _example()


class Ending(Payload):
    """Why it is not to be carried out."""

    model_config = _example(reason="not-our-fault")

    reason: Slug


class Result(Payload):
    """What came of it: the version that the member took by it, or why the rules refused; or the key that was made."""

    member_version: Count | None = None
    key_id: KeyId | None = None
    forwarded_to: Annotated[
        MemberId | None, Field(description="The member's account became part of this one's, which decides.")
    ] = None
    refused: Annotated[str | None, Field(description="A word, such as not-enough-points.")] = None
    detail: str | None = None


class Proposal(Payload):
    """A change, who proposed it, who approved it, and what became of it."""

    model_config = _example(
        proposal_id="6b0e6f0c-5b1e-5a3c-9d3f-0a1b2c3d4e5f", change=_CHANGE, reason="goodwill", proposed_by="li-wei",
        proposed_at="2026-10-05T09:30:00+08:00", expires_at="2026-10-12T09:30:00+08:00", needs=1,
        case="complaint-2026-118", approved_by=["chen-jie"], state="carried-out", decided_by="chen-jie",
        decided_at="2026-10-05T10:02:00+08:00", result={"member_version": 18},
    )  # fmt: skip

    proposal_id: UUID
    change: Change
    reason: Slug
    case: Id | None = None
    proposed_by: Id
    proposed_at: Instant
    expires_at: Annotated[
        Instant, Field(description="From then on it can no longer be approved, nor a key be taken that was.")
    ]
    needs: Annotated[int, Field(ge=1, le=5, description="So many people who are not the maker have to approve it.")]
    approved_by: tuple[Id, ...] = ()
    state: State
    decided_by: Annotated[Id | None, Field(description="Who approved it last, rejected it or withdrew it.")] = None
    decided_at: Instant | None = None
    decided_because: Slug | None = None
    result: Result | None = None


class Proposals(Payload):
    """The newest first."""

    items: tuple[Proposal, ...]
    next: Cursor = None
