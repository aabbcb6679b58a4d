"""When a message that was not taken is tried again: growing pauses over 75 hours, the same after a restart."""

from hashlib import blake2b
from typing import Final

MINUTE: Final = 60
HOUR: Final = 3600
PAUSES_S: Final = (
    5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR,
)  # fmt: skip
"""Before the second try, the third and so on: the schedule that Standard Webhooks 1.0 names. 75 h 35 min 5 s in all."""
JITTER: Final = 0.1
"""Each pause is longer by up to this part, so that an outage's messages do not all come back in one second."""
WHOLE_S: Final = sum(PAUSES_S)


def pause_s(message_id: str, tries: int) -> float | None:
    """Seconds to wait after so many tries (from 1) in vain; None when that was the last.

    What a pause is longer by is derived from the message and the try, not drawn.
    """
    if tries > len(PAUSES_S):
        return None
    drawn = blake2b(f"{message_id}\0{tries}".encode(), digest_size=4).digest()
    return PAUSES_S[tries - 1] * (1 + JITTER * int.from_bytes(drawn, "big") / 2**32)
