"""What auditors are told of who did what."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from schemas.api.members import Cursor
from schemas.fields import Instant, Payload
from schemas.merchants import Count


class Deed(Payload):
    """One entry of the audit trail. They are numbered without a gap over all banks of the engine."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 812, "recorded_at": "2026-10-05T10:02:00+08:00", "role": "approver", "person": "chen-jie",
                    "key_id": "qwertyuiop", "request_id": "r-1", "action": "proposal-carried-out",
                    "subject": "member/m-1", "before": {"state": "approved"},
                    "after": {"state": "carried-out", "result": {"member_version": 18}},
                }
            ]
        }
    )  # fmt: skip

    number: Count
    recorded_at: Instant
    role: Annotated[str, Field(description="Of the key or token; or `command-line`: a login at the servers.")]
    person: str
    key_id: Annotated[str | None, Field(description="The key's; of a token `token.` and its `jti`.")] = None
    request_id: Annotated[str, Field(description="As in `X-Request-Id` and the logs; or the command.")]
    action: str
    subject: Annotated[str, Field(description="What it was done to, such as `member/m-1`.")]
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None


class Trail(Payload):
    """The newest first."""

    items: tuple[Deed, ...]
    next: Cursor = None
