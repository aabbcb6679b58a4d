"""Who may redeem and look: merchants with their networks, and keys of merchants and channels."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from schemas.api.members import Cursor
from schemas.fields import Id, Instant, Payload, Slug, tuple_of_list

KEY_ID = r"^[a-z]{10}$"
PROPOSAL_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
Scope = Annotated[str, Field(max_length=64, pattern=r"^[a-z-]+:[a-z-]+$", examples=["redemptions:write"])]
Scopes = Annotated[tuple[Scope, ...], BeforeValidator(tuple_of_list), Field(max_length=30)]
KeyId = Annotated[str, Field(pattern=KEY_ID)]
Region = Annotated[Id | None, Field(description="Where it is, for benefits of some regions.")]
Sandbox = Annotated[bool, Field(description="For trials: lists say so, and nobody pays its files.")]


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class ApprovedKey(Payload):
    """Which proposal of a key the caller made and another approved."""

    model_config = _example(proposal_id="6b0e6f0c-5b1e-5a3c-9d3f-0a1b2c3d4e5f")

    proposal_id: Annotated[str, Field(pattern=PROPOSAL_ID)]


class Key(Payload):
    """A key; of its secret nothing."""

    key_id: KeyId
    role: str
    holder: str
    scopes: Scopes = ()
    signed: Annotated[bool, Field(description="Its requests are taken signed alone.")]
    made_at: Instant
    expires_at: Instant | None = None
    revoked_at: Instant | None = None


class Keys(Payload):
    """The newest first."""

    items: tuple[Key, ...]
    next: Cursor = None


class MadeKey(Key):
    """A key as it was made."""

    token: Annotated[
        str | None,
        Field(description="The key itself: in the first answer alone. Where that was lost, propose another."),
    ] = None


class Revocation(Payload):
    """For how long the key is good still, beside one that takes its place."""

    model_config = _example(grace_hours=24)

    grace_hours: Annotated[int, Field(ge=0, le=720)] = 0


class Merchant(Payload):
    """A merchant, the network whose benefits it honours, and whether either may redeem."""

    model_config = _example(merchant="wash-1", network="car", sandbox=False, status="active", network_status="active")

    merchant: Id
    network: Slug
    region: Region = None
    sandbox: Sandbox = False
    status: Literal["active", "suspended"]
    network_status: Literal["active", "suspended"]
    per_hour: Annotated[
        int | None, Field(ge=1, description="So many redemptions it may begin in an hour; absent: no limit.")
    ] = None
    per_day: Annotated[int | None, Field(ge=1, description="And so many on a day of the program's zone.")] = None


class Merchants(Payload):
    """By their ids."""

    items: tuple[Merchant, ...]
    next: Cursor = None
