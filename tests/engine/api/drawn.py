"""What Schemathesis draws by chance, made into what the API may take; the program of a bank in which everything is."""

from typing import Any
from zlib import crc32

from tests.engine.api.conftest import BANK
from tests.engine.channels.conftest import PROGRAM

SHINE = """  shine: {{network: car, units: 20, per: calendar-year, converts_to: {{ride: {{units: 1, for: 1}}}}}}
signals:"""
WHOLE = PROGRAM.replace("signals:", SHINE)
LATER = WHOLE.format(bank=BANK).replace("version: 2020-01-01", "version: {year}-01-01")
"""A version of a year to come."""


def whole(value: Any) -> Any:
    """With whole numbers as the API takes them; to JSON Schema 5.0 is an integer too."""
    match value:
        case dict():
            return {name: whole(one) for name, one in value.items()}
        case list():
            return [whole(one) for one in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def later(text: str) -> str:
    """One text in two is a program."""
    drawn = crc32(text.encode())
    return text if drawn % 2 else LATER.replace("{year}", str(2100 + drawn % 50))
