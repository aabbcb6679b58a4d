"""Signatures by Standard Webhooks 1.0, and the secrets they are made with, which no table holds."""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

PREFIX: Final = "whsec_"


def secret(key: str, endpoint_id: str, number: int) -> bytes:
    """An endpoint's secret of this number: 32 bytes that only `key` gives."""
    return hmac.digest(key.encode(), f"webhook\0{endpoint_id}\0{number}".encode(), sha256)


def shown(of: bytes) -> str:
    """A secret as it is given to a merchant."""
    return PREFIX + b64encode(of).decode()


def headers(message_id: str, at_s: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """What the receiver checks: who sent it, when, and that it is whole. One signature for each secret in force."""
    signed = f"{message_id}.{at_s}.".encode() + body
    signatures = (b64encode(hmac.digest(one, signed, sha256)).decode() for one in secrets)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
