"""What merchants upload in batches on `loyalty.redemptions`: each record becomes a command about its member.

A merchant knows no member, so it names who redeems by what it was told: a grant. A bank's own system, which speaks for
shops, may name the member.
"""

from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from schemas.event import Event
from schemas.events.redemptions import (
    Capture,
    CaptureRequested,
    GrantId,
    Hold,
    HoldRequested,
    Minutes,
    Points,
    RedemptionRequested,
    Reference,
    Return,
    ReversalRequested,
    Units,
    Use,
    VoidRequested,
)
from schemas.fields import EventId, Id, MemberId, Payload, Slug, together
from schemas.money import Amount, Currency
from schemas.topics import REDEMPTIONS, Topic

Ask = Literal["redeem", "hold", "capture", "void", "reverse"]
Command = RedemptionRequested | HoldRequested | CaptureRequested | VoidRequested | ReversalRequested

COMMANDS: Final[dict[Ask, tuple[type[Command], type[Reference]]]] = {
    "redeem": (RedemptionRequested, Use),
    "hold": (HoldRequested, Hold),
    "capture": (CaptureRequested, Capture),
    "void": (VoidRequested, Reference),
    "reverse": (ReversalRequested, Return),
}
"""What is asked, as the command that it becomes and that command's `data`."""

BEGINS: Final = frozenset({"redeem", "hold"})
"""What begins a redemption, and so has to name who redeems; all else is found by the reference."""


class Upload(Payload):
    """Who redeems, and what is asked; the fields are those of the command that it becomes."""

    model_config = together("amount_minor", "currency")

    ask: Ask
    merchant_ref: Annotated[EventId, Field(description="Unique at the merchant, for ever.")]
    member: Annotated[MemberId | None, Field(description="By pseudonym; only the bank's own systems know it.")] = None
    grant: Annotated[GrantId | None, Field(description="As told on loyalty.grants; its benefit alone.")] = None
    network: Slug | None = None
    region: Id | None = None
    purpose: Literal["goods", "services"] | None = None
    points: Points | None = None
    point_type: Slug | None = None
    benefit: Slug | None = None
    units: Units | None = None
    companions: Annotated[int | None, Field(ge=0, le=100)] = None
    amount_minor: Amount | None = None
    currency: Currency | None = None
    excess: Literal["points", "money"] | None = None
    hold_minutes: Minutes | None = None
    rest: Literal["void", "keep"] | None = None

    @model_validator(mode="after")
    def _is_a_command(self) -> Self:
        if self.member is not None and self.grant is not None:
            raise ValueError("member and grant are not given together")
        if self.ask in BEGINS and self.member is None and self.grant is None:
            raise ValueError("exactly one of member and grant names who redeems")
        try:
            self.request("any")
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = "".join(f"{step}: " for step in first["loc"])
            raise ValueError(f"{place}{first['msg'].removeprefix('Value error, ')} to {self.ask}") from None
        return self

    def request(self, merchant: str) -> Reference:
        """The command's `data`; raises ValidationError where fields are missing, or are another command's."""
        said: dict[str, Any] = self.model_dump(exclude_none=True, exclude={"ask", "member", "grant"})
        if self.grant is not None and self.ask in BEGINS and self.benefit is not None:
            said["grant"] = self.grant
        return COMMANDS[self.ask][1].model_validate({**said, "merchant": merchant})


class RedemptionUploaded(Event):
    """A merchant tells in a batch what it redeemed, or asks for it. The subject is the merchant."""

    topic: ClassVar[Topic] = REDEMPTIONS
    type: Literal["redemption.uploaded.v1"] = "redemption.uploaded.v1"
    subject: Annotated[Id, Field(description="The merchant, as the bank names it.")]
    data: Upload
