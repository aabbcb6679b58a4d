"""API keys: `pk_<id>_<secret>`, shown once, kept as a keyed hash. What a key may is its role's, at its bank."""

import hmac
import secrets
import time
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

import asyncpg

from engine.settings import Settings, SettingsError
from engine.store.sql import statement

Role = Literal["merchant", "channel", "operator", "approver", "auditor"]
PREFIX: Final = "pk"
ID_SIZE: Final = 10
SECRET_SIZE: Final = 32
REMEMBERED_S: Final = 2.0
"""So long a key that was found is not looked for again: a revoked one dies by then."""
REMEMBERED_MAX: Final = 10_000
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz"


class Caller(NamedTuple):
    """Who asks: of a bank, in a role; `holder` is the merchant, the channel or the person, whichever key it uses."""

    bank: str
    role: Role
    holder: str
    key_id: str
    scopes: frozenset[str] = frozenset()

    @property
    def principal(self) -> str:
        """Whose idempotency keys and limits these are."""
        return f"{self.role}/{self.holder}"


class NewKey(NamedTuple):
    """A key as it is made: `token` is shown once, `digest` kept."""

    key_id: str
    token: str
    digest: bytes


def pepper(settings: Settings) -> bytes:
    """The secret of keys and codes; SettingsError where none is set."""
    if settings.api_pepper is None:
        raise SettingsError(
            "POINTS_API_PEPPER: not given, expected a secret of 32 characters or more; keep it for ever"
        )
    return settings.api_pepper.encode()


def made(peppered: bytes) -> NewKey:
    """A new key. Its id has letters alone, so that no number of a card is ever seen in it."""
    key_id = "".join(secrets.choice(_LETTERS) for _ in range(ID_SIZE))
    secret = secrets.token_urlsafe(SECRET_SIZE)
    return NewKey(key_id, f"{PREFIX}_{key_id}_{secret}", digest(peppered, secret))


def digest(peppered: bytes, secret: str) -> bytes:
    return hmac.digest(peppered, b"key\0" + secret.encode(), sha256)


class Keys:
    """The keys of the ledger as one process sees them."""

    def __init__(self, pool: "asyncpg.Pool[Any]", peppered: bytes) -> None:
        self._pool = pool
        self._pepper = peppered
        self._found: dict[str, tuple[float, Any]] = {}

    async def caller(self, token: str) -> Caller | None:
        """Whose key it is, if it is in force. Takes as long for an unknown id as for a wrong secret."""
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != PREFIX or not (key_id.isascii() and key_id.isalpha() and secret):
            return None
        row = await self._row(key_id)
        given = digest(self._pepper, secret)
        if not hmac.compare_digest(given, bytes(sha256().digest_size) if row is None else row["digest"]):
            return None
        if row is None or not row["in_force"]:
            return None
        return Caller(row["bank"], row["role"], row["holder"], key_id, frozenset(row["scopes"]))

    async def _row(self, key_id: str) -> Any:
        now = time.monotonic()
        seen_at, row = self._found.get(key_id, (-REMEMBERED_S, None))
        if now - seen_at < REMEMBERED_S:
            return row
        row = await self._pool.fetchrow(statement("find_key"), key_id)
        if row is not None:
            if len(self._found) >= REMEMBERED_MAX:
                self._found.clear()
            self._found[key_id] = now, row
        return row
