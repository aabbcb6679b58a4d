"""Who may redeem and look: merchants with their networks, and keys of merchants and channels."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from schemas.api.members import Cursor
from schemas.fields import Id, Instant, Payload, Slug, tuple_of_list

KEY_ID = r"^[a-z]{10}$"
Scope = Annotated[str, Field(max_length=64, pattern=r"^[a-z-]+:[a-z-]+$", examples=["redemptions:write"])]
Scopes = Annotated[tuple[Scope, ...], BeforeValidator(tuple_of_list), Field(max_length=30)]
KeyId = Annotated[str, Field(pattern=KEY_ID)]


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class NewKey(Payload):
    """Whose key, for how long, and what alone it may do; without scopes all that its role may."""

    model_config = _example(role="merchant", holder="wash-1", scopes=["redemptions:write", "codes:read"], days=365)

    role: Annotated[Literal["merchant", "channel"], Field(description="Keys of people are made by `points keys`.")]
    holder: Annotated[Id, Field(description="The merchant, or the channel's name.")]
    scopes: Scopes = ()
    days: Annotated[int | None, Field(ge=1, le=3660)] = None


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
        str | None, Field(description="The key itself: in the first answer alone. Where that was lost, rotate the key.")
    ] = None


class Grace(Payload):
    """For how long the old key is good beside the new one."""

    model_config = _example(grace_hours=24)

    grace_hours: Annotated[int, Field(ge=0, le=720)] = 24


class Revocation(Payload):
    """Nothing is to be said of it."""

    model_config = _example()


class NewMerchant(Payload):
    """A merchant, and the network whose benefits it honours; one that is new is registered with it."""

    model_config = _example(merchant="wash-1", network="car", region="north")

    merchant: Id
    network: Slug
    region: Annotated[Id | None, Field(description="Where it is, for benefits of some regions.")] = None
    sandbox: Annotated[bool, Field(description="For trials: lists say so, and nobody pays its files.")] = False


class Merchant(NewMerchant):
    model_config = _example(merchant="wash-1", network="car", sandbox=False, status="active", network_status="active")

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
