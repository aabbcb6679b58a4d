"""What looks wrong in a program that is allowed: where, about what, and what would mend it."""

from dataclasses import dataclass
from typing import Literal, get_args

from rules.language.problems import Path

FindingId = Literal[
    "tier-unreachable", "tier-flaps", "rule-unreachable", "exclusive-without-priority", "cap-below-award",
    "month-end-balance", "deposit-gift", "benefit-unreachable", "translation-missing", "nothing-expires",
    "accepted-in-vain",
]  # fmt: skip
FINDINGS: tuple[FindingId, ...] = get_args(FindingId)


@dataclass(frozen=True, slots=True)
class Finding:
    """`of` names the rule, tier, benefit or word that it is about. Line and column are 0 until they are looked up."""

    finding: FindingId
    of: str
    path: Path
    message: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.finding} ({self.of}): {self.message}"
