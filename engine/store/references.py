"""The directory of merchants' references: which member each is about, claimed once, for ever."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from engine.store.sql import statement

REFERENCE_SIZE: Final = 16


def reference(bank: str, merchant: str, merchant_ref: str) -> bytes:
    """What names a merchant's reference in the directory."""
    return blake2b(f"{bank}\0{merchant}\0{merchant_ref}".encode(), digest_size=REFERENCE_SIZE).digest()


async def claim(session: Any, wanted: Mapping[bytes, tuple[str, str, str]]) -> None:
    """Claims references for (bank, merchant, member) each; one that is claimed already stays as it is."""
    if wanted:
        rows = [(of, *wanted[of]) for of in sorted(wanted)]
        await session.execute(statement("claim_references"), *(list(column) for column in zip(*rows, strict=True)))


async def holders(session: Any, asked: set[bytes]) -> dict[bytes, str]:
    """The member of each reference that is claimed."""
    rows = await session.fetch(statement("holders_of_references"), sorted(asked)) if asked else []
    return {row["reference"]: row["member_id"] for row in rows}
