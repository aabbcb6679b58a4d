"""What the engine itself says to members when two of them turn out to be one person. No core system sends these."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from schemas.event import Event
from schemas.fields import Day, Id, Instant, MemberId, Payload, Slug, tuple_of_list
from schemas.money import AMOUNT_MAX, Amount

LOTS_MAX = 100
"""In one message, so that it stays well below the size that is taken."""
ABSORBED_MAX = 20
"""Of so many members that merged into one, the latest, the time before is known under the survivor's name too."""
HOPS_MAX = 8
"""How many merges an event is forwarded through."""
EVENT_MAX = 24_000
"""Characters of an event that is forwarded; inside another event each may be written with a second one before it."""
Text = Annotated[str, Field(min_length=2, max_length=60_000)]


Key = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", description="Sixteen bytes.")]


class MovedLot(Payload):
    """What was left of a lot. Whatever else is known of it stands at the member that it came from."""

    lot: Annotated[Key, Field(description="The posting that made it.")]
    point_type: Slug
    points: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]
    expires_on: Day | None = None
    restriction: Annotated[str | None, Field(max_length=128)] = None
    releases_on: Day | None = None
    awaits: Annotated[str | None, Field(max_length=128)] = None
    rule: Annotated[Slug | None, Field(description="That gave them.")] = None
    event: Annotated[Key | None, Field(description="That earned them.")] = None
    earned_at: Instant | None = None
    amount_minor: Annotated[Amount | None, Field(description="The money of that event.")] = None
    thing: Annotated[str | None, Field(max_length=128, description="What they are for: a policy, an account.")] = None


class Debt(Payload):
    """What the member owed of a point type."""

    point_type: Slug
    points: Annotated[int, Field(ge=1, le=AMOUNT_MAX)]


class UnitsOfGrant(Payload):
    """Units of one grant."""

    grant: Key
    units: Annotated[int, Field(ge=1)]


class UnitsReturned(Payload):
    """Units that were used before the merge and are given back after it."""

    benefit: Slug
    used_on: Day
    grants: Annotated[tuple[UnitsOfGrant, ...], Field(max_length=LOTS_MAX), BeforeValidator(tuple_of_list)] = ()


class Absorption(Payload):
    """All that a member had, for the one it merged into; in as many messages as that needs."""

    member: Annotated[MemberId, Field(description="Who merged; the event's subject survives.")]
    number: Annotated[int, Field(ge=0, description="Of the message, from 0; the last carries debts and tier.")]
    of: Annotated[
        MemberId | None, Field(description="Whose the lots were, where they came to the member by a merge themselves.")
    ] = None
    back: Annotated[bool, Field(description="Whether the subject has its own lots again, since it un-merged.")] = False
    lots: Annotated[tuple[MovedLot, ...], Field(max_length=LOTS_MAX), BeforeValidator(tuple_of_list)] = ()
    owed: Annotated[tuple[Debt, ...], BeforeValidator(tuple_of_list)] = ()
    tier: Id | None = None
    state: Annotated[Text | None, Field(description="Parts of the member's state in the engine's own form.")] = None
    returned: UnitsReturned | None = None
    hops: Annotated[int, Field(ge=0, le=HOPS_MAX, description="How many merged members passed it on.")] = 0


class PointsOwed(Payload):
    """What is to be taken back of one posting."""

    posting: Key
    rule: Slug
    point_type: Slug
    points: Annotated[int, Field(ge=0, le=AMOUNT_MAX)]
    event_day: Day
    event: Annotated[Key | None, Field(description="That earned them, where no refund names it.")] = None


class Taking(Payload):
    """What an event about a policy, account, holding or loan takes back of points given for it before a merge."""

    left_minor: Annotated[
        int | None,
        Field(ge=0, le=AMOUNT_MAX, description="Of the money paid back, what nothing accounts for yet; absent: all."),
    ] = None
    waiting: Annotated[
        tuple[PointsOwed, ...],
        Field(max_length=LOTS_MAX, description="Lots of the thing that still wait and are forfeited."),
        BeforeValidator(tuple_of_list),
    ] = ()


class MoneyReturned(Payload):
    """What comes back of an event that happened before a merge, worked out where its postings are."""

    type: Annotated[str | None, Field(max_length=64, description="The event's, where it is beyond doubt.")] = None
    occurred_at: Instant
    mcc: Annotated[str | None, Field(max_length=4)] = None
    part_minor: Annotated[Amount | None, Field(description="In the program's currency.")] = None
    original_minor: Amount | None = None
    before_minor: Annotated[int, Field(ge=0, description="What of it came back earlier.")] = 0
    whole: Annotated[bool, Field(description="Whether nothing of it is left.")]
    owed: Annotated[tuple[PointsOwed, ...], Field(max_length=LOTS_MAX), BeforeValidator(tuple_of_list)] = ()


class Forwarding(Payload):
    """An event that was about a member that merged, or one for such a member to look into."""

    member: Annotated[MemberId, Field(description="Whom it was about.")]
    hops: Annotated[int, Field(ge=1, le=HOPS_MAX)]
    event: Annotated[Text, Field(description="The event as structured JSON.")]
    returned: Annotated[MoneyReturned | None, Field(description="Of a refund of the time before.")] = None
    asked: Annotated[
        tuple[MemberId, ...] | None,
        Field(
            max_length=ABSORBED_MAX,
            description="Of a refund: who else may know its original; of an un-merge: who had merged before.",
        ),
        BeforeValidator(tuple_of_list),
    ] = None
    taking: Taking | None = None
    unknown: Annotated[bool, Field(description="Whether all who were asked do not know it.")] = False


class Unmerge(Payload):
    """Why two members are two again."""

    cause: Slug


class MemberAbsorbed(Event):
    """A member takes over what another had that merged into it. Sent by the engine."""

    type: Literal["member.absorbed.v1"] = "member.absorbed.v1"
    data: Absorption


class EventForwarded(Event):
    """An event about a member that merged, for the member it merged into. Sent by the engine."""

    type: Literal["event.forwarded.v1"] = "event.forwarded.v1"
    data: Forwarding


class MemberUnmerged(Event):
    """A merge was a mistake: the subject stands for itself again."""

    type: Literal["member.unmerged.v1"] = "member.unmerged.v1"
    data: Unmerge
