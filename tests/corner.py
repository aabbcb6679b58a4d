"""The corner bank, as a folder from which a test registers it."""

from pathlib import Path
from typing import Final

SOURCES: Final = "{/banks/corner/cards: all, /banks/corner/branch: all}"


def corner_bank(folder: Path, program: str, sources: str = SOURCES) -> Path:
    """The file of banks, written beside the bank's program; `sources` as that file says them."""
    (folder / "program.yaml").write_text(program)
    banks = folder / "banks.yaml"
    banks.write_text(f"banks:\n  corner:\n    programs: [program.yaml]\n    sources: {sources}\n")
    return banks
