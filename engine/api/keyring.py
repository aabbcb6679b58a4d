"""Keys made, rotated, ended, and signing or not, by HTTP and by command: each deed with its entry in the trail.

Of no bank is whoever types commands: that one keeps keys of every role, a bank's operator those of its merchants and
channels. A Problem undoes the caller's transaction.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from engine import trail
from engine.api.keys import NewKey
from engine.api.problems import Problem
from engine.store.sql import statement
from engine.trail import Entry, Who

OPERATORS: Final = ("merchant", "channel")
"""Roles whose keys a bank's operator keeps."""
FIRST: Final = 1
"""The number of the secret with which a key signs from its start."""


class Wanted(NamedTuple):
    """Whose key, what alone it may do (nothing named: all that its role may), and for how long, None for ever."""

    bank: str
    role: str
    holder: str
    scopes: Sequence[str]
    good_for: timedelta | None


async def make(session: Any, who: Who, new: NewKey, wanted: Wanted) -> None:
    """Keeps a new key's hash; Problem where it is a merchant's that the bank does not have."""
    bank, role, holder, scopes, good_for = wanted
    if role == "merchant" and await session.fetchval(statement("merchant_places"), [bank], [holder]) is None:
        raise Problem("not-found", f"{bank} has no merchant called {holder}; `points merchants add` registers one")
    row = new.key_id, bank, role, holder, list(scopes), new.digest, good_for
    made = await session.fetchrow(statement("add_key"), *row)
    await trail.tell(session, who._replace(bank=bank), Entry("key-made", f"key/{new.key_id}", None, dict(made)))


async def rotate(session: Any, who: Who, key_id: str, grace: timedelta, new: NewKey) -> bool:
    """Makes a key that may do what another may, as long as that one might have, and ends that one after the grace.

    Whether the new one signs: from the start, with a secret of its own, where the old one does. Problem where the old
    one is no longer in force.
    """
    old = await _ended(session, who, key_id, grace)
    if not old["in_force_before"]:
        raise Problem("not-allowed", f"{key_id} has ended; make a new key")
    row = new.key_id, key_id, new.digest, old["expired_before"]
    made = await session.fetchrow(statement("add_successor_key"), *row)
    who = who._replace(bank=old["bank"])
    await trail.tell(session, who, _ending(key_id, old))
    await trail.tell(session, who, Entry("key-made", f"key/{new.key_id}", None, {"replaces": key_id, **made}))
    return bool(made["signed"])


async def end(session: Any, who: Who, key_id: str, grace: timedelta) -> None:
    """Ends a key now or after the grace; one that ends sooner stays so. Processes see it within two seconds."""
    row = await _ended(session, who, key_id, grace)
    await trail.tell(session, who._replace(bank=row["bank"]), _ending(key_id, row))


async def sign(session: Any, who: Who, key_id: str, grace: timedelta) -> int:
    """Takes the key's requests signed alone, by its next secret; the one before is good for a grace.

    Answers the secret's number.
    """
    row = await session.fetchrow(statement("sign_key"), key_id, grace)
    await _signing_changed(session, who, key_id, row)
    return int(row["signing_number"])


async def unsign(session: Any, who: Who, key_id: str) -> None:
    """Takes the key's requests unsigned again."""
    await _signing_changed(session, who, key_id, await session.fetchrow(statement("unsign_key"), key_id))


async def _signing_changed(session: Any, who: Who, key_id: str, row: Any) -> None:
    if row is None:
        raise Problem("not-found", f"no key that is in force has the id {key_id}")
    before = {"signed": row["signed_before"], "secret_number": row["number_before"]}
    after = {"signed": row["signed"], "secret_number": row["signing_number"]}
    entry = Entry("key-signing-changed", f"key/{key_id}", before, after)
    await trail.tell(session, who._replace(bank=row["bank"]), entry)


async def _ended(session: Any, who: Who, key_id: str, grace: timedelta) -> Any:
    row = await session.fetchrow(statement("end_key"), key_id, grace)
    if row is None or who.bank not in (None, row["bank"]):
        raise Problem("not-found", f"no key has the id {key_id}")
    if who.bank is not None and row["role"] not in OPERATORS:
        raise Problem("not-allowed", "keys of people are kept by `points keys`")
    return row


def _ending(key_id: str, row: Any) -> Entry:
    before = {"expires_at": row["expired_before"], "revoked_at": row["revoked_before"]}
    after = {"expires_at": row["expires_at"], "revoked_at": row["revoked_at"]}
    return Entry("key-ended", f"key/{key_id}", before, after)
