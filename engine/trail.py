"""The audit trail: who did what, on what, what stood there before and after. Written in the transaction of the deed."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import orjson

from engine.store.sql import statement

Action = Literal[
    "proposal-made", "proposal-approved", "proposal-rejected", "proposal-withdrawn", "proposal-carried-out",
    "proposal-refused", "member-exported", "key-made", "key-ended", "key-signing-changed",
    "merchant-registered", "merchant-status-changed", "merchant-pace-changed",
    "redemptions-stopped", "redemptions-resumed",
    "dead-letter-retried", "partition-resumed", "records-quarantined", "program-uploaded",
    "webhook-endpoint-changed", "webhooks-replayed", "contract-agreed", "profile-keys-rewrapped", "day-close-ordered",
]  # fmt: skip
"""What is done; of proposals `refused` is said by the rules and not by a person."""
TRAIL: Final = "audit-trail"
"""As its head is attested, beside the journal's lanes."""
COMMAND_LINE: Final = "command-line"
"""The role of whoever types commands at the servers: known by the name of the login there."""


class Who(NamedTuple):
    """Somebody who does something: of a bank, or None of what concerns the engine alone; by a key in a request."""

    bank: str | None
    role: str
    person: str
    key_id: str | None
    request_id: str


class Entry(NamedTuple):
    """What is done to `subject`, such as `member/m-1`; `before` and `after` name what changes, None where none is."""

    action: Action
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


async def tell(session: Any, who: Who, entry: Entry) -> None:
    """Writes an entry in the session's transaction, as the last thing of it: others wait until it has ended."""
    told = [None if one is None else orjson.dumps(one, default=str).decode() for one in (entry.before, entry.after)]
    await session.execute(statement("lock_trail"))
    await session.execute(statement("add_trail_entry"), *who, entry.action, entry.subject, *told)
