"""Why an event cannot be used: one word each, on the dead letter, in metrics and in the operator's list."""

from typing import Final, Literal

Reason = Literal[
    "null-value",
    "too-large",
    "bad-encoding",
    "bad-json",
    "too-deep",
    "bad-number",
    "duplicate-key",
    "bad-headers",
    "bad-content-type",
    "missing-field",
    "unknown-field",
    "wrong-value",
    "unknown-type",
    "card-number",
    "wrong-topic",
    "wrong-key",
    "wrong-partition",
    "unauthorised-source",
    "conflict",
    "from-the-future",
    "no-program",
    "unknown-member",
    "closed-member",
    "closed-period",
    "day-already-closed",
    "unmatched-original",
    "quarantined",
]

REASONS: Final[dict[Reason, str]] = {
    "null-value": "The record has no value; an event is never a tombstone.",
    "too-large": "Value and headers together are larger than 64 KiB.",
    "bad-encoding": "The bytes are not UTF-8, or begin with a byte order mark.",
    "bad-json": "The value is not a JSON object.",
    "too-deep": "The JSON is nested deeper than any event.",
    "bad-number": "A number is NaN, infinite, or has a fraction or an exponent; whole numbers only.",
    "duplicate-key": "A JSON object names one key twice, so that readers could disagree.",
    "bad-headers": "Headers of binary mode are repeated, not text, or not theirs; or a header's name is not UTF-8.",
    "bad-content-type": "The content type is not JSON in UTF-8.",
    "missing-field": "A field that the type requires is absent.",
    "unknown-field": "A field that the type does not have is present.",
    "wrong-value": "A field's value is of the wrong kind or outside its bounds.",
    "unknown-type": "No such type, or not in this version.",
    "card-number": "The event holds what looks like a card number; cards are named by tokens with a letter.",
    "wrong-topic": "The type does not belong on the topic it came by.",
    "wrong-key": "The record's key is not the bank and member that the event is about.",
    "wrong-partition": "The record lies in another partition than its key belongs to (murmur2).",
    "unauthorised-source": "The source is not registered, or not for this type.",
    "conflict": "The source has used this id before, with other content.",
    "from-the-future": "The event happened, or the day that it closes ends, after today; send it again in its time.",
    "no-program": "The bank has no program in force on the event's day.",
    "unknown-member": "The member is not enrolled, and the program refuses such events.",
    "closed-member": "The member has left the program.",
    "closed-period": "The event belongs to a closed period, and the program sends such events to review.",
    "day-already-closed": "The source announces a day that is closed, or that it has announced otherwise before.",
    "unmatched-original": "The event that this one takes back did not come within the time allowed.",
    "quarantined": "An operator set the record aside.",
}
"""Each reason with the sentence shown to people."""


class UnusableEvent(Exception):
    """The event goes to the dead letters. `detail` says where and what was expected, and holds no card number."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Final = reason
        self.detail: Final = detail

    def __reduce__(self) -> tuple[type["UnusableEvent"], tuple[Reason, str]]:
        return UnusableEvent, (self.reason, self.detail)
