"""`python -m tests.bench.redeeming`: the HTTP API beside pgbench and a bare route, and events with redemptions beside.

Every contender starts from the same street; each run's ledger is compared with what was asked.
"""

import argparse
import asyncio
import json
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from engine.garbage import collect_seldom
from tests.bench import ledger, pgbench, statements, street
from tests.bench.contenders import PARTITIONS, SETTLE_S, stream
from tests.bench.ground import START_S, Gate, Ground, Run, cpu_s, ground, processes, wait_for_group
from tests.bench.shops import Asked
from tests.bench.turns import Figures, machine, rounds, show

CLIENTS: Final = 64
BATCH: Final = 32
"""Redemptions in a transaction of those who play many: about what the door takes together for so many clients."""
WARM: Final = 0.25
BESIDE: Final = 200.0
PATIENCE_S: Final = 120.0
KINDS: Final = {"redemptions/s": street.one_step, "held and captured/s": street.two_steps}


@dataclass(frozen=True)
class Arena:
    """What turns share."""

    ground: Ground
    redemptions: int
    reads: int
    events: int

    def recorded(self, kind: str, batch: int, connections: int) -> Path:
        """The door's statements for so many redemptions, recorded when they are asked for first."""
        file = self.ground.folder / f"door-{kind.split('/', maxsplit=1)[0].replace(' ', '-')}-{batch}-{connections}"
        if not file.exists():
            with street.open_street(self.ground, PARTITIONS) as run:
                script = statements.Script(KINDS[kind](self.redemptions), batch, connections)
                statements.recorded(run.settings, script, file)
        return file


Turn = Callable[[Arena], Figures]


def by_pgbench(kind: str, batch: int, connections: int) -> Turn:
    def turn(arena: Arena) -> Figures:
        recorded = arena.recorded(kind, batch, connections)
        file = recorded.with_suffix(".sql")
        if not file.exists():
            pgbench.script(recorded, file)
        with street.open_street(arena.ground, PARTITIONS) as run:
            asyncio.run(statements.begun(run.settings))
            pgbench.play(run, arena.ground.servers.postgres.programs, file, connections)
            return _of_ledger(arena, run, kind)

    return turn


def by_driver(kind: str, batch: int, connections: int) -> Turn:
    def turn(arena: Arena) -> Figures:
        recorded = arena.recorded(kind, batch, connections)
        with street.open_street(arena.ground, PARTITIONS) as run:
            asyncio.run(statements.begun(run.settings))
            with processes(run, [("statements", str(recorded))]) as began:
                began.wait(PATIENCE_S)
            return _of_ledger(arena, run, kind)

    return turn


def by_api(kind: str, workers: int, pace: float = 0.0) -> Turn:
    def turn(arena: Arena) -> Figures:
        jobs = KINDS[kind](arena.redemptions)
        with street.open_street(arena.ground, PARTITIONS, workers=workers) as run, processes(run, [("api",)]) as began:
            asked = Asked(port(run), jobs, CLIENTS, pace)
            of: dict[str, Callable[[], float]] = {
                "API": began.cpu_s,
                "PostgreSQL": partial(cpu_s, arena.ground.servers.postgres.pid),
            }
            before = {name: taken() for name, taken in of.items()}
            told = shopped(run, asked)
            told |= {f"{name}'s CPU ms each": (taken() - before[name]) / len(jobs) * 1000 for name, taken in of.items()}
            street.compared(run, jobs)
            each, _, _ = street.transactions(run)
            return ({} if pace else {kind: street.rate(run)}) | told | {"a transaction": each}

    return turn


def by_route(module: str) -> Turn:
    def turn(arena: Arena) -> Figures:
        with street.open_street(arena.ground, PARTITIONS) as run, processes(run, [(module,)]) as began:
            asked = Asked(port(run), street.reads(arena.reads), CLIENTS, 0.0)
            idle_s = began.cpu_s()
            told = shopped(run, asked, "reads/s")
            return told | {"CPU ms each": (began.cpu_s() - idle_s) / arena.reads * 1000}

    return turn


def profiled(arena: Arena, what: str) -> str:
    """The call tree of one process of the API by time."""
    jobs = street.reads(arena.reads) if what == "read" else street.one_step(arena.redemptions)
    file = arena.ground.folder / "profile.txt"
    with street.open_street(arena.ground, PARTITIONS) as run, processes(run, [("api", "profile", str(file))]):
        shopped(run, Asked(port(run), jobs, CLIENTS, 0.0))
    return file.read_text(encoding="utf-8")


def events_beside(pace: float) -> Turn:
    """Two workers on a stream that is all there, with so many redemptions a second at the API beside."""

    def turn(arena: Arena) -> Figures:
        jobs = street.one_step(int(pace * PATIENCE_S))
        with street.open_street(arena.ground, PARTITIONS, kafka=True) as run, processes(run, [("api",)]) as api:
            gate, asked = Gate(run, stream(arena.events)), Asked(port(run), jobs, CLIENTS, pace)
            idle_s = api.cpu_s()
            with processes(run, [("worker",)] * 2) as began, shops(run, asked) as process:
                wait_for_group(run, began)
                time.sleep(SETTLE_S)
                gate.open()
                street.wait_for_events(run, arena.events)
                process.terminate()
                if process.wait(PATIENCE_S):
                    raise RuntimeError(f"the shops ended with {process.returncode}")
            api_s = api.cpu_s() - idle_s
            done, shops_ms = answered(run)
            street.compared(run, jobs[: len(done)])
            street.earned(run, stream(arena.events))
            took = sorted((ended - due) * 1000 for due, ended in done)
            told = {"events/s": ledger.rate(run)}
            if took:
                told |= {"p50 ms": statistics.median(took), "p99 ms": took[len(took) * 99 // 100]}
                told |= {"API's CPU ms each": api_s / len(done) * 1000, "shops' CPU ms each": shops_ms}
                told["a transaction"], *_ = street.transactions(run)
            return told

    return turn


def _of_ledger(arena: Arena, run: Run, kind: str) -> Figures:
    street.compared(run, KINDS[kind](arena.redemptions))
    each, p50, p99 = street.transactions(run)
    return {kind: street.rate(run), "p50 ms": p50, "p99 ms": p99, "a transaction": each}


def port(run: Run) -> int:
    """The API's port, once it answers."""
    at = int(run.more["POINTS_API_PORT"])
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{at}/health/live", timeout=1):
                return at
        except urllib.error.HTTPError:
            return at
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"the API of {run.settings.topic_prefix} has not come up; see its log in {run.folder}")


@contextmanager
def shops(run: Run, asked: Asked) -> Iterator[subprocess.Popen[bytes]]:
    """The shops as a process; what they did is in `answered` when it has ended."""
    (run.folder / "asked").write_bytes(pickle.dumps(asked))
    command = [sys.executable, "-m", "tests.bench.shops", str(run.folder / "asked"), str(run.folder / "answered")]
    with subprocess.Popen(command, env=run.environment) as process:
        try:
            yield process
        finally:
            process.kill()


def answered(run: Run) -> tuple[list[tuple[float, float]], float]:
    """When each job was due and when it ended, and the shops' CPU ms each; AssertionError where one was not done."""
    done, shops_s = pickle.loads((run.folder / "answered").read_bytes())  # noqa: S301  # this benchmark's own
    wrong = [statuses for _, _, statuses in done if not all(200 <= one < 300 for one in statuses)]
    if wrong:
        raise AssertionError(f"{len(wrong)} of {len(done)} jobs were not done: {wrong[:5]}")
    return [(due, ended) for due, ended, _ in done], shops_s / max(len(done), 1) * 1000


def shopped(run: Run, asked: Asked, rate: str = "") -> Figures:
    """Milliseconds from a job's instant to its end, and as `rate` the jobs a second; the first quarter is left out."""
    with shops(run, asked) as process:
        if process.wait(PATIENCE_S):
            raise RuntimeError(f"the shops ended with {process.returncode}")
    done, shops_ms = answered(run)
    done = sorted(done, key=lambda one: one[1])[int(len(asked.jobs) * WARM) :]
    took = sorted((ended - due) * 1000 for due, ended in done)
    told = {rate: (len(done) - 1) / (done[-1][1] - done[0][1])} if rate else {}
    told |= {"p50 ms": statistics.median(took), "p99 ms": took[len(took) * 99 // 100]}
    return told | {"shops' CPU ms each": shops_ms}


ONE, TWO = KINDS
CONTENDERS: Final[dict[str, Turn]] = {
    "pgbench, 1 a transaction x 16": by_pgbench(ONE, 1, 16),
    f"pgbench, {BATCH} a transaction x 2": by_pgbench(ONE, BATCH, 2),
    f"pgbench's rival, asyncpg with COPY, {BATCH} x 2": by_driver(ONE, BATCH, 2),
    "API, 1 process, 64 clients": by_api(ONE, 1),
    "API, 2 processes, 64 clients": by_api(ONE, 2),
    "API, 1 process, 200/s open loop": by_api(ONE, 1, 200.0),
    "pgbench, hold, capture, 1 x 16": by_pgbench(TWO, 1, 16),
    f"pgbench, hold, capture, {BATCH} x 2": by_pgbench(TWO, BATCH, 2),
    "API, hold, capture, 1 process": by_api(TWO, 1),
    "API, hold, capture, 2 processes": by_api(TWO, 2),
    "bare route, 1 process": by_route("bare"),
    "API, a member, 1 process": by_route("api"),
    "events, 2 workers": events_beside(0.0),
    f"events, 2 workers, {BESIDE:g} redemptions/s": events_beside(BESIDE),
}
LIMITS: Final = {ONE: "pgbench", TWO: "pgbench", "reads/s": "bare route", "events/s": "events, 2 workers"}


def main() -> int:
    """Runs what the arguments say; 1 if a contender failed."""
    asked = _asked()
    folder = Path(tempfile.mkdtemp(prefix="points-bench-"))
    collect_seldom()
    if asked.profile:
        with ground(folder) as servers:
            street.fill(servers)
            print(profiled(Arena(servers, asked.redemptions, asked.reads, asked.events), asked.profile))
        return 0
    names = [n for n in CONTENDERS if not asked.only or any(word in n for word in asked.only)]
    with ground(folder) as servers:
        street.fill(servers)
        arena = Arena(servers, asked.redemptions, asked.reads, asked.events)
        results, failed = rounds({n: partial(CONTENDERS[n], arena) for n in names}, asked.rounds)
    told = {"machine": machine(), "rounds": asked.rounds, "figures": results, "failed": failed}
    if asked.json:
        asked.json.write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    show(results, f"{asked.redemptions} redemptions, {asked.reads} reads, {asked.rounds} rounds, {machine()}", LIMITS)
    if failed:
        print(*failed, f"The logs are in {folder}", sep="\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.redeeming", description=__doc__)
    parser.add_argument("--redemptions", type=int, default=6_000, help="in a run (%(default)s)")
    parser.add_argument("--reads", type=int, default=10_000, help="in a run (%(default)s)")
    parser.add_argument("--events", type=int, default=120_000, help="in a run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender (%(default)s)")
    parser.add_argument("--only", action="append", help="contenders with this in their name; may be given again")
    parser.add_argument("--profile", choices=["redeem", "read"], help="samples one process instead")
    parser.add_argument("--json", type=Path, help="file of all figures")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
