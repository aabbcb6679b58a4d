"""How long those who come one after the other are gathered, so that they share what is asked of the server.

From one run to the next is a moment at least, and while transactions take long, because the machine has much else to
do, twice as long as the last one took: what all of a run share is then spread over more. A bunch waits no more.
"""

from typing import Final

LONGEST_S: Final = 0.1
"""Nobody at a till feels so much; a setting that is longer holds."""
BUNCH: Final = 32
"""So many are not gathered any longer: more of them save little."""
_TIMES: Final = 2


class Gathering:
    """What those of one process have in common who gather; 0 as `least_s` for none at all."""

    def __init__(self, least_s: float) -> None:
        self._least_s = least_s
        self.seconds = least_s
        """From one run to the next, where no bunch waits."""

    def took(self, seconds: float) -> None:
        """Told of each transaction."""
        if self._least_s:
            self.seconds = max(self._least_s, min(seconds * _TIMES, LONGEST_S))
