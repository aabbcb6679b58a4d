"""Ids are derived from their causes, so that deciding again gives the same rows."""

from datetime import datetime
from hashlib import blake2b, sha1
from struct import Struct
from typing import Final

NAMESPACE: Final = bytes.fromhex("8f6b2a4e5d0c5b7e9a1342f0c6d98e17")
"""The RFC 9562 namespace of every id that the engine derives."""

NUMBERS_TOGETHER: Final = 4
"""Last characters of an event's id that do not change where its key lies: ten thousand numbers lie together."""
NEAR_SIZE: Final = 5
"""Bytes of an event's key that say where it lies; the other eleven tell it from its neighbours (2**-88)."""

_DIGEST: Final = Struct(">6sBBB7s4x")
"""A SHA-1 digest in the parts of a UUID, of which the second and the fourth take the version and the variant."""
_UUID: Final = Struct(">6sBBB7s")


def event_key(bank: str, source: str, event_id: str) -> bytes:
    """The 16 bytes that stand for an event for ever: what deduplicates it and what it causes is named after.

    Sources number their events, so the first bytes leave the number's end out: neighbours lie on neighbouring pages of
    the index, and what is written to it grows with the batches and not with the history.
    """
    of = f"{bank}\0{source}\0"
    near = blake2b((of + event_id[:-NUMBERS_TOGETHER]).encode(), digest_size=NEAR_SIZE).digest()
    return near + blake2b((of + event_id).encode(), digest_size=16 - NEAR_SIZE).digest()


def close_key(bank: str, member_id: str, instant: datetime) -> bytes:
    """What stands for one side of the close of a day for a member: its last instant, or the first of the morning."""
    return derived(f"{bank}/{member_id}".encode(), f"close:{instant.isoformat()}")


def derived(cause: bytes, role: str) -> bytes:
    """A version 5 UUID's 16 bytes, of the cause and the role that the row plays in it."""
    digest = sha1(NAMESPACE + cause + role.encode(), usedforsecurity=False).digest()
    time, version, middle, variant, node = _DIGEST.unpack(digest)
    return _UUID.pack(time, version & 0x0F | 0x50, middle, variant & 0x3F | 0x80, node)
