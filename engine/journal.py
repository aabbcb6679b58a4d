"""The journal's form: raw records of a slice in one compressed block, and the digests that chain slices together."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

import orjson
import zstandard

from engine.batch import Lane, Record

LEVEL: Final = 1
_ID: Final = 16
_HEAD: Final = 3 * _ID
_LENGTH_BYTES: Final = 4
_compressor = zstandard.ZstdCompressor(level=LEVEL)
_decompressor = zstandard.ZstdDecompressor()


class Sealed(Record):
    """A record that tells a profile: its value is encrypted under a key of its member, its headers within that.

    Ahead of the ciphertext stand 16 bytes each of the key's id, of what names the event and of its fingerprint.
    """

    __slots__ = ()

    @property
    def head(self) -> bytes:
        return (self.value or b"")[:_HEAD]

    @property
    def ciphertext(self) -> bytes:
        return (self.value or b"")[_HEAD:]

    @property
    def key_id(self) -> bytes:
        return self.head[:_ID]

    @property
    def event_key(self) -> bytes:
        return self.head[_ID:-_ID]

    @property
    def fingerprint(self) -> bytes:
        return self.head[-_ID:]


class Withheld(Record):
    """A record that decided nothing and may tell a profile: its place alone. A digest of it could be guessed from."""

    __slots__ = ()


_FORMS: Final[Sequence[type[Record]]] = (Record, Sealed, Withheld)


def packed(records: Sequence[Record]) -> bytes:
    """The records, not compressed: a head that gives each one's place and lengths, then their bytes.

    Of one that is not kept as it came the head tells the form behind these: 1 sealed, 2 withheld.
    """
    heads: list[list[Any]] = []
    body: list[bytes] = []
    for offset, timestamp_ms, key, value, headers in records:
        lengths = [[name, len(text or b"")] for name, text in headers] if headers else ()
        heads.append([offset, timestamp_ms, _length(key), _length(value), lengths])
        body += key or b"", value or b""
        if headers:
            body += [text or b"" for _, text in headers]
    if not {Record}.issuperset(map(type, records)):
        forms = [_FORMS.index(type(r)) for r in records]
        heads = [[*one, form] if form else one for one, form in zip(heads, forms, strict=True)]
    head = orjson.dumps(heads)
    return b"".join((len(head).to_bytes(_LENGTH_BYTES, "big"), head, *body))


def unpacked(block: bytes) -> list[Record]:
    """What `packed` was given, each record of the class that tells its form."""
    start = _LENGTH_BYTES + int.from_bytes(block[:_LENGTH_BYTES], "big")
    records: list[Record] = []
    for offset, timestamp_ms, key_length, value_length, headers, *form in orjson.loads(block[_LENGTH_BYTES:start]):
        key, start = _part(block, start, key_length)
        value, start = _part(block, start, value_length)
        found: list[tuple[str, bytes]] = []
        for name, length in headers:
            text, start = _part(block, start, length)
            found.append((name, text or b""))
        records.append(_FORMS[sum(form)](offset, timestamp_ms, key, value, tuple(found)))
    return records


def compressed(block: bytes) -> bytes:
    return _compressor.compress(block)


def decompressed(block: bytes) -> bytes:
    """The block; raises ZstdError where something was added behind it, which no digest would cover."""
    return _decompressor.decompress(block, allow_extra_data=False)


def digest(parts: Sequence[bytes]) -> bytes:
    """SHA-256 over the parts' lengths, as a JSON array, and the parts behind each other."""
    return sha256(b"".join((orjson.dumps(list(map(len, parts))), *parts))).digest()


def slice_digest(kept: bytes, context: str, decided: bytes, changed: bytes) -> bytes:
    """What names a slice: over its records as they are kept, its context, and the digests of what was decided.

    The records can so be proved from the journal alone, the rows decided from their tables, and both, with what was
    changed, by deciding again.
    """
    return digest((kept, context.encode(), decided, changed))


def link(before: bytes, lane: Lane, numbers: Sequence[int], own: bytes) -> bytes:
    """The chain's next link: SHA-256 over the link before it, the slice's lane, its numbers and its digest.

    `numbers` are the slice's journal number, where it begins and ends, and how many versions its members took.
    """
    place = "".join([f"{part}\0" for part in (*lane, *numbers)])
    return sha256(before + place.encode() + own).digest()


def _length(part: bytes | None) -> int:
    return -1 if part is None else len(part)


def _part(block: bytes, start: int, length: int) -> tuple[Any, int]:
    return (None, start) if length < 0 else (block[start : start + length], start + length)
