"""The contenders: each takes a turn on a fresh ledger, answers its figures, and is shown wrong if its ledger is."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from tests.bench import deciding, ledger, limit
from tests.bench.events import Purchase, purchases
from tests.bench.ground import FULL, TEMPLATE, Gate, Ground, Run, processes, wait_for_group
from tests.bench.pace import paced
from tests.bench.turns import Figures

PARTITIONS: Final = 4
SETTLE_S: Final = 1.0
FAUST_PART: Final = 6
"""The idiomatic agent gets so many times fewer events, for it is so much slower."""
PACE: Final = 2_000
PACE_S: Final = 15.0
PACE_WITHIN: Final = 0.02
"""How far the events measured may be from the pace: they begin at an instant, not at an event."""


@dataclass
class Arena:
    """What turns share: servers, how many events, and the ledgers that are right, by how many events."""

    ground: Ground
    events: int
    seconds: float = PACE_S
    right: dict[int, ledger.Written] = field(default_factory=dict)

    def compared(self, run: Run, events: int) -> None:
        """AssertionError unless the ledger is the one that deciding in this process gave."""
        has = ledger.written(run)
        if has != self.right[events]:
            raise AssertionError(f"{run.settings.topic_prefix} wrote {has}, expected {self.right[events]}")

    def prepare(self, events: int, batches: Sequence[int]) -> None:
        """Decides the stream in this process: what is right, and what PostgreSQL alone is to play."""
        for batch in batches:
            with self.ground.run(PARTITIONS, kafka=False) as run:
                asyncio.run(limit.record(run.settings, stream(events), batch, self.recorded(batch)))
                self.right[events] = ledger.written(run)

    def recorded(self, batch: int) -> Path:
        """File of the statements of batches of so many events."""
        return self.ground.folder / f"recorded-{batch}"


Turn = Callable[[Arena], Figures]


@cache
def stream(events: int) -> list[Purchase]:
    """The same for all."""
    return purchases(events)


def postgres_alone(batch: int, connections: int) -> Turn:
    def turn(arena: Arena) -> Figures:
        # The recorded statements name the topic, so every play has that prefix and an own database.
        command = ("limit", str(arena.recorded(batch)), str(connections))
        with arena.ground.run(PARTITIONS, kafka=False) as run, processes(run, [command]):
            return _measured(arena, run, arena.events)

    return turn


def consumers(
    modules: Sequence[Sequence[str]],
    *,
    partitions: int = PARTITIONS,
    part: int = 1,
    gated: bool = True,
    template: str = TEMPLATE,
) -> Turn:
    """Contenders that read Kafka; `part` of the events, all there when the group is."""

    def turn(arena: Arena) -> Figures:
        events = arena.events // part
        with arena.ground.run(partitions, template=template) as run:
            gate = Gate(run, stream(events))
            if not gated:
                gate.open()
            with processes(run, modules) as began:
                if gated:
                    wait_for_group(run, began)
                    time.sleep(SETTLE_S)
                    gate.open()
                return _measured(arena, run, events)

    return turn


def _measured(arena: Arena, run: Run, events: int) -> Figures:
    ledger.wait_for_postings(run, arena.right[events].postings)
    arena.compared(run, events)
    return {"events/s": ledger.rate(run)}


def latency(arena: Arena) -> Figures:
    """Milliseconds from an event's time, which is when it is produced, to its commit and to the outgoing topic."""
    with arena.ground.run(PARTITIONS) as run, processes(run, [("worker", "relay"), ("worker",)]) as began:
        wait_for_group(run, began)
        time.sleep(SETTLE_S)
        since, relayed = paced(run, PACE, arena.seconds)
        committed = ledger.latencies_ms(run, since)
        if len(relayed) != len(committed) or abs(len(committed) / (PACE * arena.seconds) - 1) > PACE_WITHIN:
            raise AssertionError(f"{len(committed)} committed and {len(relayed)} relayed of {PACE * arena.seconds}")
    later, out = _tail(committed), _tail(sorted(relayed))
    return {"commit p50 ms": later[0], "commit p99 ms": later[1], "topic p50 ms": out[0], "topic p99 ms": out[1]}


def _tail(ordered: list[float]) -> tuple[float, float]:
    return ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100]


def fifty_rules(arena: Arena) -> Figures:
    by_decide, by_hand, points = deciding.fifty_rules(stream(arena.events)[:20_000])
    return {
        "events/s": by_decide,
        "rows by hand/s": by_hand,
        "time, of by hand": by_hand / by_decide,
        "points alone by hand/s": points,
    }


def simulated(arena: Arena) -> Figures:
    return {"events/s": deciding.simulated(stream(arena.events)[:20_000])}


FULL_TABLES: Final = "engine, 2 workers, full tables"
BATCHES: Final = (2_000, 4_000)
CONTENDERS: Final[dict[str, Turn]] = {
    "PostgreSQL alone, 2000 x 4": postgres_alone(2_000, 4),
    "PostgreSQL alone, 4000 x 2": postgres_alone(4_000, 2),
    "PostgreSQL alone, 4000 x 4": postgres_alone(4_000, 4),
    "engine, 1 worker": consumers([("worker",)]),
    "engine, 2 workers": consumers([("worker",)] * 2),
    "engine, 2 workers, relay on": consumers([("worker", "relay"), ("worker",)]),
    "engine, 2 workers, 32 partitions": consumers([("worker",)] * 2, partitions=32),
    FULL_TABLES: consumers([("worker",)] * 2, template=FULL),
    "Faust agent, concurrency 1": consumers([("faust_agent", "1")], part=FAUST_PART, gated=False),
    "Faust agent, concurrency 10": consumers([("faust_agent", "10")], part=FAUST_PART, gated=False),
    "Quix Streams, 1 process": consumers([("quix",)]),
    "Quix Streams, 2 processes": consumers([("quix",)] * 2),
    "engine at 2,000 events/s": latency,
    "decide, fifty rules": fifty_rules,
    "simulate": simulated,
}
"""The first three are one: the best of them is the limit, and what all others are compared with."""
