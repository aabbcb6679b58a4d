"""Program versions on their way into force: candidates, what they differ in, and what history would have been."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from schemas.api.members import Cursor
from schemas.fields import Day, Instant, MemberId, Payload

Count = Annotated[int, Field(ge=0)]
Sum = Annotated[int, Field(description="Below zero what was taken.")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the program's text.")]
CandidateState = Literal["checked", "shadow-ready", "activated"]


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class Place(Payload):
    """Where in the file: line and column count from 1."""

    line: Count
    column: Count
    path: Annotated[str, Field(description="The words that lead there, joined by points.")]
    message: Annotated[str, Field(description="What is wrong and what would be right, with the nearest right word.")]


class Found(Place):
    """What the program says and hardly means, or what regulators bar; its message says what would mend it."""

    finding: str
    of: Annotated[str, Field(description="The rule, tier, benefit or word that it is about.")]


class Given(Payload):
    """Postings of a rule, their points, and the points that caps cut."""

    postings: Count
    points: Sum
    cut: Count


class OfRule(Payload):
    rule: str
    point_type: str
    now: Given
    candidate: Given


class OfPoints(Payload):
    """What members have in all, and whose balance differs."""

    point_type: str
    now: Sum
    candidate: Sum
    gaining_members: Count
    gained: Count
    losing_members: Count
    lost: Count


class OfTier(Payload):
    """How many members stand in one tier now and would stand in the other; absent: in none."""

    now: str | None = None
    candidate: str | None = None
    members: Count


class Granted(Payload):
    grants: Count
    units: Annotated[Count, Field(description="Of grants with a limit.")]


class OfBenefit(Payload):
    network: str
    benefit: str
    now: Granted
    candidate: Granted


class OfRefusals(Payload):
    """Events and requests refused for one reason, of the whole history."""

    reason: str
    now: Count
    candidate: Count


class Differing(Payload):
    """A member whose balance differs."""

    member_id: MemberId
    point_type: str
    now: Sum
    candidate: Sum


class Backtest(Payload):
    """A bank's real history, as it is recorded and as it would be had the candidate been in force since a day.

    Rules and grants are those since that day; balances and tiers are as members stand after the last event.
    """

    model_config = _example(
        program_hash="9f" * 32, since="2026-09-01", through="2026-09-30", closed_days=30, members=2, events=5,
        rules=[{"rule": "purchase", "point_type": "reward", "now": {"postings": 3, "points": 350, "cut": 0},
                "candidate": {"postings": 3, "points": 700, "cut": 0}}],
        points=[{"point_type": "reward", "now": 350, "candidate": 700, "gaining_members": 2, "gained": 350,
                 "losing_members": 0, "lost": 0}],
        tiers=[{"now": "plain", "candidate": "silver", "members": 1}],
        grants=[{"network": "air", "benefit": "lounge", "now": {"grants": 0, "units": 0},
                 "candidate": {"grants": 1, "units": 6}}],
        refusals=[],
        most_gained=[{"member_id": "m-1", "point_type": "reward", "now": 250, "candidate": 500}], most_lost=[],
    )  # fmt: skip

    program_hash: Hash
    since: Annotated[Day, Field(description="The day asked for, but not before the bank's first version.")]
    through: Annotated[Day, Field(description="The last day that the bank had closed.")]
    closed_days: Annotated[Count, Field(description="Since that day, from the first that the bank closed.")]
    members: Count
    events: Annotated[Count, Field(description="Decided again since that day, members at a close among them.")]
    rules: tuple[OfRule, ...]
    points: tuple[OfPoints, ...]
    tiers: tuple[OfTier, ...]
    grants: tuple[OfBenefit, ...]
    refusals: tuple[OfRefusals, ...]
    most_gained: Annotated[tuple[Differing, ...], Field(description="At most ten of each point type.")]
    most_lost: Annotated[tuple[Differing, ...], Field(description="At most ten of each point type.")]


class Backtests(Payload):
    """The newest first."""

    items: tuple[Backtest, ...]
    next: Cursor = None


class Text(Payload):
    """A program file."""

    text: str


class Candidate(Payload):
    """A program version that was uploaded. Its text never changes; a mended one is another candidate."""

    model_config = _example(
        program_hash="9f" * 32, program="corner-bank", from_day="2026-11-01", state="checked", findings=[],
        closed_days=0, uploaded_by="operator/op-1", uploaded_at="2026-10-05T09:30:00Z",
    )  # fmt: skip

    program_hash: Hash
    program: str
    from_day: Annotated[Day, Field(description="Its `version`: the first day of which it decides.")]
    state: Annotated[CandidateState, Field(description="Shadow-ready: without findings, and tried on enough days.")]
    findings: tuple[Found, ...]
    closed_days: Annotated[Count, Field(description="Of the longest backtest that is kept of it.")]
    uploaded_by: str
    uploaded_at: Instant


class Candidates(Payload):
    """The newest first."""

    items: tuple[Candidate, ...]
    next: Cursor = None


class CandidateText(Candidate):
    """With its text."""

    text: str


class Change(Payload):
    """One difference; `was` is absent of what is new, `becomes` of what is gone."""

    path: Annotated[str, Field(description="Such as earn.purchase.award.rate.")]
    was: str | None = None
    becomes: str | None = None


class Changes(Payload):
    """What differs from the version in force on the eve of the candidate's first day, in the order of the file."""

    model_config = _example(
        against="2026-01-01",
        items=[{"path": "earn.purchase.award.rate", "was": "1 per full 1.00", "becomes": "2 per full 1.00"}],
    )

    against: Annotated[Day, Field(description="That version's first day.")]
    items: tuple[Change, ...]
