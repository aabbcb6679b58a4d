"""Bytes in a message: standard base64 (RFC 4648, section 4) on the wire."""

from base64 import b64decode, b64encode
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema


def _octets(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return b64decode(value, validate=True)
    raise ValueError("bytes, or their base64 text, are expected")


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


Octets = Annotated[
    bytes,
    PlainValidator(_octets),
    PlainSerializer(_base64, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
"""Bytes here, standard base64 on the wire."""
