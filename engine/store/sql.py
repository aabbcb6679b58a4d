"""Every statement is a file beside this one, read once; its name is the file's."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "sql"
STATEMENTS: Final = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql"))}


def statement(name: str) -> str:
    """The text of `sql/<name>.sql`; KeyError where there is none."""
    return STATEMENTS[name]
