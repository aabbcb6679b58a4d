"""Profiles are sealed: what the journal keeps of a member's profile is encrypted under a key of that member alone.

The cipher is AES-SIV (RFC 5297) with 256-bit keys: it needs no nonce, so that nothing hangs on one never coming twice,
and what was changed does not open. A member's key is itself kept encrypted, under a master key that the database never
sees. Whoever loses the member's key can never read the profile again: that is what erasing rests on.
"""

import os
from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine import journal
from engine.batch import Record
from engine.journal import Sealed
from engine.settings import Settings, SettingsError

KEY_SIZE: Final = 64
ID_SIZE: Final = 16
NAME_SIZE: Final = 8
FINGERPRINT_SIZE: Final = 16
_PURPOSE: Final = b"points engine: keys of members' profiles"
NOT_GIVEN: Final = (
    "POINTS_PROFILE_KEY: not given, expected a secret of 32 characters or more, under which members' keys are kept; "
    "make one with `openssl rand -hex 32` and back it up apart from the database"
)


class Key(NamedTuple):
    """A member's key, or another that is kept as theirs are; `key_id` tells nothing of it."""

    key_id: bytes
    secret: bytes

    @staticmethod
    def new() -> "Key":
        return Key(os.urandom(ID_SIZE), os.urandom(KEY_SIZE))


class Master:
    """What keys are wrapped with. Its name comes from the secret, so that nobody has to number secrets."""

    def __init__(self, secret: str) -> None:
        derived = HKDF(SHA512(), NAME_SIZE + KEY_SIZE, None, _PURPOSE).derive(secret.encode())
        self.name = derived[:NAME_SIZE].hex()
        self._cipher = AESSIV(derived[NAME_SIZE:])

    def wrapped(self, key: Key, owner: bytes) -> bytes:
        """The key's secret as it may be kept. It opens for this key's id and owner alone."""
        return self._cipher.encrypt(key.secret, [key.key_id, owner])

    def unwrapped(self, key_id: bytes, wrapped: bytes, owner: bytes) -> Key:
        """Raises InvalidTag for what this master did not wrap for this id and owner."""
        return Key(key_id, self._cipher.decrypt(wrapped, [key_id, owner]))


class Masters:
    """The master key in force and those before it."""

    def __init__(self, current: str, before: Iterable[str] = ()) -> None:
        self.current = Master(current)
        self._by_name = {one.name: one for one in (*map(Master, before), self.current)}

    @staticmethod
    def of(settings: Settings) -> "Masters":
        """Raises SettingsError where none is set: a profile is never kept in the clear."""
        if settings.profile_key is None:
            raise SettingsError(NOT_GIVEN)
        return Masters(settings.profile_key, filter(None, (settings.profile_key_before,)))

    def unwrapped(self, row: Any, owner: bytes) -> Key:
        """The key of a row with `key_id`, `wrapped` and `wrapped_by`; SettingsError where its master is not given."""
        master = self._by_name.get(row["wrapped_by"])
        if master is None:
            raise SettingsError(
                f"POINTS_PROFILE_KEY: keys are kept under the master key {row['wrapped_by']}, given was "
                f"{self.current.name}; give the one in force before as POINTS_PROFILE_KEY_BEFORE"
            )
        return master.unwrapped(row["key_id"].bytes, row["wrapped"], owner)


def sealed(record: Record, key: Key, event_key: bytes, fingerprint: bytes) -> Sealed:
    """The record as the journal keeps it: readable stay its place, its key, and by what repeats of it are known."""
    head = key.key_id + event_key + fingerprint
    cipher = AESSIV(key.secret).encrypt(journal.packed([record]), [head, record.key or b""])
    return Sealed(record.offset, record.timestamp_ms, record.key, head + cipher, ())


def unsealed(one: Sealed, key: Key) -> Record:
    """The record as it came; InvalidTag where it, or what stands beside it, is not as it was sealed."""
    plain = AESSIV(key.secret).decrypt(one.ciphertext, [one.head, one.key or b""])
    return journal.unpacked(plain)[0]


def fingerprint(secret: bytes, content: bytes) -> bytes:
    """Of content that could be guessed: equal exactly where that is, and of no use to whoever lacks the secret."""
    return blake2b(content, key=secret, digest_size=FINGERPRINT_SIZE).digest()
