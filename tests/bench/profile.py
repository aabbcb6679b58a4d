"""Where the time of one worker goes, sampled by pyinstrument."""

import time
from typing import Final

from tests.bench.contenders import PARTITIONS, SETTLE_S, Arena, stream
from tests.bench.ground import Gate, processes, wait_for_group
from tests.bench.ledger import rate, wait_for_postings

BATCH: Final = 2_000


def profiled(arena: Arena) -> str:
    """The worker's call tree by time, and its rate while it was sampled, which is slower than without."""
    arena.prepare(arena.events, (BATCH,))
    file = arena.ground.folder / "profile.txt"
    with arena.ground.run(PARTITIONS) as run:
        gate = Gate(run, stream(arena.events))
        with processes(run, [("worker", "profile", str(file))]) as began:
            wait_for_group(run, began)
            time.sleep(SETTLE_S)
            gate.open()
            wait_for_postings(run, arena.right[arena.events].postings)
            speed = rate(run)
    return f"{file.read_text(encoding='utf-8')}\n{speed:,.0f} events/s while sampled"
