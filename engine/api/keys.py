"""API keys: `pk_<id>_<secret>`, shown once, kept as a keyed hash. What a key may is its role's, at its bank.

A key whose requests are signed has a secret for that too, `sk_<key id>.<number>_<64 hexadecimal digits>`: between the
underscores what a signature names as its `keyid`, behind them the HMAC's key as it is written. It is derived from the
pepper and kept nowhere.
"""

import hmac
import secrets
import time
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

import asyncpg

from engine.settings import Settings, SettingsError
from engine.store.sql import statement

Role = Literal["merchant", "channel", "operator", "approver", "auditor"]
PEOPLE: Final[tuple[Role, ...]] = ("operator", "approver", "auditor")
"""The roles of the bank's own people; the others are machines'."""
PREFIX: Final = "pk"
SIGNING: Final = "sk"
ID_SIZE: Final = 10
SECRET_SIZE: Final = 32
REMEMBERED_S: Final = 2.0
"""So long a key that was found is not looked for again: a revoked one dies by then."""
REMEMBERED_MAX: Final = 10_000
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz"


class Caller(NamedTuple):
    """Who asks: of a bank, in a role; `holder` is the merchant, the channel or the person, whichever key it uses.

    `signs_with` are the numbers of the secrets of which one has to sign its requests; none where they are not signed.
    """

    bank: str
    role: Role
    holder: str
    key_id: str
    scopes: frozenset[str] = frozenset()
    signs_with: tuple[int, ...] = ()

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


def signing_secret(peppered: bytes, key_id: str, number: int) -> str:
    """The secret of this number of a key, as its holder is given it."""
    name = f"{key_id}.{number}"
    return f"{SIGNING}_{name}_{hmac_key(peppered, name).decode()}"


def hmac_key(peppered: bytes, name: str) -> bytes:
    """What a secret of this name signs with."""
    return hmac.digest(peppered, b"sign\0" + name.encode(), sha256).hex().encode()


class Keys:
    """The keys of the ledger as one process sees them."""

    def __init__(self, pool: "asyncpg.Pool[Any]", peppered: bytes) -> None:
        self._pool = pool
        self._pepper = peppered
        self._found: dict[str, tuple[float, Any]] = {}

    async def caller(self, token: str) -> Caller | None:
        """Whose key it is, if it is in force. Takes as long for an unknown id as for a wrong secret.

        Whoever is wrong waits for the database, whether the id is one that was found just now or one that nobody has.
        """
        prefix, _, rest = token.partition("_")
        key_id, _, secret = rest.partition("_")
        if prefix != PREFIX or not (key_id.isascii() and key_id.isalpha() and secret):
            return None
        given = digest(self._pepper, secret)
        row = self._remembered(key_id)
        if not _is_of(row, given):
            row = await self._found_now(key_id, given)
        if row is None or not row["in_force"]:
            return None
        return Caller(row["bank"], row["role"], row["holder"], key_id, frozenset(row["scopes"]), _signs_with(row))

    def _remembered(self, key_id: str) -> Any:
        found_at, row = self._found.get(key_id, (-REMEMBERED_S, None))
        return row if time.monotonic() - found_at < REMEMBERED_S else None

    async def _found_now(self, key_id: str, given: bytes) -> Any:
        now = time.monotonic()
        row = await self._pool.fetchrow(statement("find_key"), key_id, given)
        if row is not None:
            if len(self._found) >= REMEMBERED_MAX:
                self._found.clear()
            self._found[key_id] = now, row
        return row


def _signs_with(row: Any) -> tuple[int, ...]:
    number = row["signing_number"]
    if number is None:
        return ()
    return (number, number - 1) if row["signed_before"] and number > 1 else (number,)


def _is_of(row: Any, given: bytes) -> bool:
    return hmac.compare_digest(given, bytes(sha256().digest_size) if row is None else row["digest"]) and row is not None
