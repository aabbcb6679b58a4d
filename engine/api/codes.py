"""Codes that customers show: twelve Crockford base-32 symbols and a check symbol, kept as a keyed hash alone."""

import hmac
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from engine.store.sql import statement

SYMBOLS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECKS: Final = SYMBOLS + "*~$=U"
"""Crockford's check symbols: the number's remainder by 37."""
LENGTH: Final = 12
_READ_AS: Final = str.maketrans("OIL", "011", "- ")
_VALUES: Final = {symbol: value for value, symbol in enumerate(SYMBOLS)}


class Issue(NamedTuple):
    """Whose code: a presentation of the member, or a voucher of one of its grants, good for so many seconds."""

    bank: str
    member_id: str
    good_for_s: int
    kind: Literal["presentation", "voucher"] = "presentation"
    benefit: str | None = None
    grant_id: UUID | None = None


class Issued(NamedTuple):
    """A code as it is shown, once, and the instant from which it is good no more."""

    code: str
    expires_at: datetime


async def issue(session: Any, peppered: bytes, of: Issue) -> Issued:
    """Issues a code, by a session that may write. 2**60 codes: two that are alike are not met with."""
    symbols = "".join(secrets.choice(SYMBOLS) for _ in range(LENGTH))
    row = digest(peppered, symbols), of.bank, of.member_id, of.kind, of.benefit, of.grant_id, of.good_for_s
    expires_at: datetime = await session.fetchval(statement("add_code"), *row)
    return Issued(f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:]}-{check(symbols)}", expires_at)


def digest(peppered: bytes, symbols: str) -> bytes:
    return hmac.digest(peppered, b"code\0" + symbols.encode(), sha256)


def check(symbols: str) -> str:
    """The symbol that shows a slip of the pen: any one symbol that is wrong, or two neighbours exchanged."""
    number = 0
    for symbol in symbols:
        number = number * len(SYMBOLS) + _VALUES[symbol]
    return CHECKS[number % len(CHECKS)]


def read(text: str) -> str | None:
    """The twelve symbols of a code as somebody typed it; None where it cannot be one."""
    plain = text.upper().translate(_READ_AS)
    symbols, last = plain[:LENGTH], plain[LENGTH:]
    if len(plain) != LENGTH + 1 or not set(symbols) <= _VALUES.keys() or last != check(symbols):
        return None
    return symbols
