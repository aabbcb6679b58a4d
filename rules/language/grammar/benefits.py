"""Courtesies at the shops of a network."""

from typing import Annotated, Literal

from pydantic import Field

from rules.language.words import Label, Name, Percent, Positive, RateText, Words


class BenefitValue(Words):
    ceiling: Positive
    excess: RateText | None = None


class Benefit(Words):
    """Units of a courtesy by tier and period, redeemed at the merchants of a network."""

    label: Label = {}
    network: Name
    units: Annotated[dict[str, Annotated[int, Field(ge=0)] | Literal["unlimited"]], Field(min_length=1)]
    per: Literal["calendar-month", "calendar-quarter", "calendar-year"]
    mid_period: Literal["full", "pro-rata"] = "full"
    at_most: Annotated[str, Field(pattern=r"^[1-9]\d* per (day|week|month)$")] | None = None
    value: BenefitValue | None = None
    discount: Percent | None = None
