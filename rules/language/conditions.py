"""`when`: what a rule asks of the event and the member. Every field is named here and nowhere else.

A condition on the event's own fields (`FIELDS`) is checked against the schema of the event types that the rule is `on`.
"""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from rules.language.words import Clock, Count, Mcc, Name, Number, Words

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Nth = Literal["lifetime", "day", "week", "month", "quarter", "year"]


class NumberRange(Words):
    """Bounds of a number: `at_least` and `at_most` include theirs, `above` and `below` do not."""

    at_least: Number | None = None
    at_most: Number | None = None
    above: Number | None = None
    below: Number | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "NumberRange":
        low = [b for b in (self.at_least, self.above) if b is not None]
        high = [b for b in (self.at_most, self.below) if b is not None]
        if not low and not high:
            raise PydanticCustomError("range", "expected at least one of at_least, at_most, above, below")
        if low and high and max(low) > min(high):
            raise PydanticCustomError("range", "no number lies in this range: its lower bound is above its upper bound")
        return self


class InList(Words):
    in_list: Name = Field(alias="in")


class NotInList(Words):
    not_in: Name


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "in" if "in" in value else "not_in" if "not_in" in value else "range"
    return "list" if isinstance(value, list) else "one"


def _text_shape(value: Any) -> str:
    return "in" if _shape(value) == "range" else _shape(value)


_TEXT_SHAPE = Discriminator(
    _text_shape,
    custom_error_type="text_condition",
    custom_error_message="expected a word, a list of words, {in: a-list} or {not_in: a-list}",
)
Text = Annotated[str, Field(min_length=1, max_length=64)]
TextCondition = Annotated[
    Annotated[Text, Tag("one")]
    | Annotated[Annotated[list[Text], Field(min_length=1)], Tag("list")]
    | Annotated[InList, Tag("in")]
    | Annotated[NotInList, Tag("not_in")],
    _TEXT_SHAPE,
]
MccCondition = Annotated[
    Annotated[Mcc, Tag("one")]
    | Annotated[Annotated[list[Mcc], Field(min_length=1)], Tag("list")]
    | Annotated[InList, Tag("in")]
    | Annotated[NotInList, Tag("not_in")],
    _TEXT_SHAPE,
]
NumberCondition = Annotated[
    Annotated[Number, Tag("one")] | Annotated[NumberRange, Tag("range")],
    Discriminator(lambda v: "range" if isinstance(v, dict) else "one"),
]


class Hours(Words):
    """A half-open part of the day in program time; past midnight when `until` is not after `from`."""

    from_time: Clock = Field(alias="from")
    until: Clock


class NthTime(Words):
    """The event is the Nth (or a multiple of `every`) that meets the rule's other conditions in the period."""

    is_: Count | None = Field(None, alias="is")
    every: Count | None = None
    per: Nth = "lifetime"

    @model_validator(mode="after")
    def _one_of_both(self) -> "NthTime":
        if (self.is_ is None) == (self.every is None):
            raise PydanticCustomError("nth", "expected exactly one of `is` and `every`")
        return self


class OfMember(Words):
    """What is asked of the member, as it was at that time."""

    tier: TextCondition | None = None
    segment: TextCondition | None = None
    branch: TextCondition | None = None
    region: TextCondition | None = None
    manager: TextCondition | None = None
    tenure_months: NumberCondition | None = None
    birthday: Literal["day", "week", "month"] | None = None


class When(OfMember):
    # of the event's own fields
    amount: NumberCondition | None = None
    balance: NumberCondition | None = None
    currency: TextCondition | None = None
    product: TextCondition | None = None
    channel: TextCondition | None = None
    mcc: MccCondition | None = None
    merchant: TextCondition | None = None
    kind: TextCondition | None = None
    biller: TextCondition | None = None
    task: TextCondition | None = None
    new_money: bool | None = None
    renewal: bool | None = None
    on_time: bool | None = None
    early: bool | None = None
    tenor_months: NumberCondition | None = None
    risk_class: NumberCondition | None = None
    days: NumberCondition | None = None
    policy_month: NumberCondition | None = None
    payment_term_years: NumberCondition | None = None
    # of its time, in the program's zone
    weekday: Annotated[list[Weekday], Field(min_length=1)] | None = None
    hours: Hours | None = None
    nth: NthTime | None = None


MONEY_FIELDS = {"amount": "amount_minor", "balance": "balance_minor"}
EVENT_FIELDS = (
    "currency", "product", "channel", "mcc", "merchant", "kind", "biller", "task", "new_money", "renewal", "on_time",
    "early", "tenor_months", "risk_class", "days", "policy_month", "payment_term_years",
)  # fmt: skip
