"""Words planted where they must not stay, and where they still are: in tables, in topics, in logs."""

from base64 import b64encode
from typing import Any

import zstandard

TABLES = """select relname from pg_class where relnamespace = 'points'::regnamespace and relkind in ('r', 'p')
            and not relispartition order by relname"""
ZSTANDARD = b"\x28\xb5\x2f\xfd"


def spellings(word: str) -> list[bytes]:
    """As it is, in hexadecimal, and what of it in base64 hangs on nothing beside it, wherever it begins."""
    plain = word.encode()
    coded = [b64encode(b"-" * n + plain)[(8 * n + 5) // 6 : 8 * (n + len(plain)) // 6] for n in range(3)]
    return [plain, plain.hex().encode(), *coded]


def holds(text: bytes, word: str) -> bool:
    return any(one in text for one in spellings(word))


async def kept(session: Any) -> dict[str, bytes]:
    """All that each table of the ledger's schema holds: as text, and what is packed in it as it was before."""
    found: dict[str, bytes] = {}
    for (table,) in await session.fetch(TABLES):
        rows = await session.fetch(f"select * from {table}")
        found[table] = b"\n".join(_plain(cell) for row in rows for cell in row.values())
    return found


async def where(session: Any, word: str) -> list[str]:
    """The tables that hold the word."""
    return [table for table, text in (await kept(session)).items() if holds(text, word)]


def _plain(cell: Any) -> bytes:
    if not isinstance(cell, bytes):
        return str(cell).encode()
    return zstandard.ZstdDecompressor().decompress(cell) if cell.startswith(ZSTANDARD) else cell
