"""How much a caller may ask: a bucket of requests each, told by RateLimit headers (draft-ietf-httpapi-ratelimit)."""

import time
from typing import Final, NamedTuple

BURST_S: Final = 2
"""A bucket holds what so many seconds bring."""
CALLERS_MAX: Final = 20_000


class Left(NamedTuple):
    """Whether the request may go on, and what the headers say."""

    allowed: bool
    headers: list[tuple[bytes, bytes]]
    wait_s: int


class Limits:
    """The buckets of one process."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._most = per_s * BURST_S
        self._buckets: dict[str, tuple[float, float]] = {}
        self._policy = f'"requests";q={self._most};w={BURST_S}'.encode()

    def take(self, principal: str) -> Left:
        """Takes one request out of a caller's bucket."""
        now = time.monotonic()
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.clear()  # full buckets again for all: memory is bounded, and those who hammer are soon empty
        level, at = self._buckets.get(principal, (float(self._most), now))
        level = min(self._most, level + (now - at) * self._per_s)
        allowed = level >= 1
        level -= allowed
        self._buckets[principal] = level, now
        told = f'"requests";r={int(level)};t={int((self._most - level) / self._per_s) + 1}'.encode()
        return Left(allowed, [(b"ratelimit-policy", self._policy), (b"ratelimit", told)], 1)
