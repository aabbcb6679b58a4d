"""What logs and errors never tell, whoever wrote it where: card numbers, keys, tokens, passwords in addresses."""

import re
from typing import Final

from schemas.mask import masked

_PASSWORD: Final = re.compile(r"(?<=://)([^\s:/@]*):[^\s@]+@")
_KEY: Final = re.compile(r"\bpk_([a-z]+)_[A-Za-z0-9_-]+")
_TOKEN: Final = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)


def safe(text: str) -> str:
    """The text with each of these made unreadable; of a key its id stays, by which it is revoked."""
    told = _TOKEN.sub("eyJ***", _KEY.sub(r"pk_\1_***", _PASSWORD.sub(r"\1:***@", text)))
    return masked(told.encode(errors="replace")).decode()
