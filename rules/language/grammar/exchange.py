"""What foreign money is worth in the program's currency."""

from pydantic import Field

from rules.language.words import Day, Positive, Words


class DatedRate(Words):
    """From a day on, one unit of the foreign currency (one dollar, not one cent) counts as `rate` of the program's."""

    from_day: Day = Field(alias="from")
    rate: Positive
