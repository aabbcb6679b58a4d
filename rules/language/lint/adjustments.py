"""What operators may do by hand, where it never comes to anything."""

from collections.abc import Iterable

from rules.language import grammar as g
from rules.language.findings import Finding


def adjustment_findings(file: g.ProgramFile) -> Iterable[Finding]:
    """Points that expire when none came for long have no day that could be another."""
    dated = (point.expires for point in file.points.values() if isinstance(point.expires, g.Expires))
    if file.adjustments is None or any(expires.after_inactive_months is None for expires in dated):
        return
    for word in ("reinstate", "extend"):
        if getattr(file.adjustments, word) is not None:
            yield Finding("nothing-expires", word, ("adjustments", word),
                          "no points expire on a day of their own: let some expire or remove this line")  # fmt: skip
