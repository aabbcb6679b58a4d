"""What merchants say of where they want to be told by webhook."""

from typing import Annotated

from pydantic import ConfigDict, Field

from schemas.fields import Instant, Payload, Slug
from schemas.merchants import Count

Url = Annotated[
    str,
    Field(
        min_length=8,
        max_length=2048,
        pattern=r"^https?://[!-~]+$",
        description="https, on port 443 or 8443, of a host whose every address is public.",
    ),
]
Number = Annotated[int, Field(ge=1, le=1_000_000, description="Of a secret: 1 for the first, then each the next.")]


class Place(Payload):
    """Where to tell it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": "https://shop.example/hook?token=t-1"}]})

    url: Url


class Endpoint(Payload):
    """Where a merchant is told, and how it goes."""

    name: Slug
    url: Url
    networks: Annotated[tuple[Slug, ...], Field(description="Whose grants it is told of.")]
    secret_number: Annotated[Number, Field(description="Of the newest secret.")]
    waiting: Annotated[Count, Field(description="Messages that are still to be taken.")]
    failed: Annotated[Count, Field(description="Messages that were given up after 75 hours.")]
    taken_at: Annotated[Instant | None, Field(description="When it took one last.")] = None
    failing_since: Annotated[Instant | None, Field(description="Absent: it took the last one.")] = None
    paused_because: Annotated[str | None, Field(description="Absent: it is not paused.")] = None


class Endpoints(Payload):
    """A merchant's endpoints: at most ten."""

    items: tuple[Endpoint, ...]


class Secret(Payload):
    """What messages to an endpoint are signed with."""

    name: Slug
    secret_number: Number
    secret: Annotated[str, Field(pattern=r"^whsec_[A-Za-z0-9+/]+=*$", description="For a Standard Webhooks library.")]


class Replay(Payload):
    """From when on it is to be told again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"since": "2026-10-05T00:00:00+08:00"}]})

    since: Instant


class Replayed(Payload):
    """How many messages are told again, under the same ids."""

    messages: Count
