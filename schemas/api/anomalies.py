"""What looks unlike a bank's merchants just now, for somebody to look at."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from schemas.fields import Payload
from schemas.merchants import Count


class Anomaly(Payload):
    """What was seen of whom, beside what is usual there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"signal": "merchant-busy", "subject": "merchant/wash-1", "seen": 140, "usual": 3.5}]
        }
    )

    signal: Annotated[
        Literal["merchant-busy", "codes-guessed"],
        Field(description="Captures of the last hour, or wrong codes of the last ten minutes."),
    ]
    subject: str
    seen: Count
    usual: Annotated[
        float, Field(ge=0, description="Of captures the mean of an hour, over the settlement files of 28 days.")
    ]


class Anomalies(Payload):
    """The most first; a hundred at most."""

    items: tuple[Anomaly, ...]
