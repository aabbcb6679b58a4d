"""Points that expire by inactivity are one person's after a merge: the last day on which either earned any counts."""

from rules.language.load import load
from rules.program import Programs
from rules.simulate import simulate
from tests.rules.test_close import close
from tests.rules.test_merging import PROGRAM, merged, purchase

INACTIVE = PROGRAM.replace("{after_months: 2, at: month-end}", "{after_inactive_months: 2}")


def left(*lines: bytes) -> int:
    """What the survivor has at the end."""
    rows = list(simulate(lines, Programs([load(INACTIVE)])))
    (member,) = (r for r in rows if r["kind"] == "member" and r["member_id"] == "m-b")
    return int(member["balances"]["reward"])


def test_the_later_activity_of_both_counts() -> None:
    """Earned on 5 January and 3 February: two months after the later one is 3 April, so the close of 2 April."""
    story = (purchase("2026-01-05", 30, "m-a"), purchase("2026-02-03", 12, "m-b"), merged("2026-02-10"))
    assert left(*story, close("2026-04-01")) == 42
    assert left(*story, close("2026-04-02")) == 0
