"""A whole program file."""

from typing import Annotated, Literal

from pydantic import Field

from rules.language.grammar.accepted import Accepted
from rules.language.grammar.adjustments import Adjustments
from rules.language.grammar.benefits import Benefit
from rules.language.grammar.earning import Group
from rules.language.grammar.examples import Example
from rules.language.grammar.exchange import DatedRate
from rules.language.grammar.metrics import ListPart, Metric
from rules.language.grammar.periods import Close, Earn
from rules.language.grammar.points import Budget, PointType, Refunds
from rules.language.grammar.signals import Signal
from rules.language.grammar.spending import Spending
from rules.language.grammar.tiers import ScoreItem, Tiers
from rules.language.words import Day, Label, Name, Positive, Words


class ProgramFile(Words):
    """One version of one bank's program, in force from midnight of `version` in `time_zone` until the next version."""

    program: Name
    semantics: Literal[1]
    version: Day
    time_zone: str
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    languages: Annotated[list[Annotated[str, Field(pattern=r"^[a-z]{2}$")]], Field(min_length=1)] = ["en"]
    unknown_members: Literal["enrol-provisionally", "refuse"] = "enrol-provisionally"
    points: Annotated[dict[Name, PointType], Field(min_length=1)]
    exchange: dict[str, Positive | Annotated[list[DatedRate], Field(min_length=1)]] = {}
    lists: dict[Name, ListPart | Annotated[list[ListPart], Field(min_length=1)]] = {}
    metrics: dict[Name, Metric] = {}
    labels: dict[Name, Label] = {}
    budgets: dict[Name, Budget] = {}
    groups: dict[Name, Group] = {}
    earn: list[Earn] = []
    close: Close = Close()
    late: Literal["adjust", "current", "review"] = "adjust"
    refunds: Refunds = Refunds()
    multiply_at_most: Positive | None = None
    score: list[ScoreItem] = []
    tiers: Tiers | None = None
    benefits: dict[Name, Benefit] = {}
    signals: list[Signal] = []
    adjustments: Adjustments | None = None
    spending: Spending = Spending()
    accept: list[Accepted] = []
    examples: list[Example] = []
