"""What is decided, and when it happened."""

from datetime import date, datetime
from typing import NamedTuple

from rules.moment import Moment
from schemas.events import AnyEvent


class Cause(NamedTuple):
    """What is decided: the event, what names it for ever, when it happened and for which business date it counts.

    `exchange_rate` is the id of the rate by which the event's money is in the program's currency, `told` the event as
    it came, before that.
    """

    event: AnyEvent
    key: bytes
    moment: Moment
    occurred_at: datetime
    business_date: date
    exchange_rate: str | None = None
    told: AnyEvent | None = None
