"""`python -m tests.bench`: every contender on the same servers, rounds interleaved, one table, a file of figures."""

import argparse
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from engine.garbage import collect_seldom
from tests.bench.contenders import BATCHES, CONTENDERS, FAUST_PART, FULL_TABLES, Arena, Figures
from tests.bench.ground import ground
from tests.bench.profile import profiled

EVENTS: Final = 60_000
ROUNDS: Final = 3
LIMIT: Final = "PostgreSQL alone"
Results = dict[str, list[Figures]]


def main() -> int:
    """Runs what the arguments say; 1 if a contender failed or wrote another ledger than the rest."""
    asked = _asked()
    folder = Path(tempfile.mkdtemp(prefix="points-bench-"))
    collect_seldom()
    with ground(folder) as servers:
        arena = Arena(servers, asked.events)
        if asked.profile:
            print(profiled(arena))
            return 0
        names = [n for n in CONTENDERS if not asked.only or any(word in n for word in asked.only)]
        if asked.full_tables:
            servers.fill(asked.full_tables)
        else:
            names = [n for n in names if n != FULL_TABLES]
        results, failed = _rounds(arena, names, asked.rounds)
    report = {
        "machine": _machine(),
        "events": asked.events,
        "rounds": asked.rounds,
        "figures": results,
        "failed": failed,
    }
    asked.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    _show(results, f"{asked.events} events, {asked.rounds} rounds, {_machine()}")
    if failed:
        print(*failed, f"The logs are in {folder}", sep="\n")
        return 1
    shutil.rmtree(folder)
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help="purchases in a throughput run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="turns of each contender (%(default)s)")
    parser.add_argument("--only", action="append", help="contenders with this in their name; may be given again")
    parser.add_argument(
        "--profile", action="store_true", help="samples one worker instead and shows where its time goes"
    )
    parser.add_argument(
        "--full-tables", type=float, nargs="?", const=10.0, metavar="MILLIONS",
        help="also on so many million postings (10) and five times as many events remembered; takes long and much room",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, default=Path("bench.json"), help="file of all figures (%(default)s)")
    return parser.parse_args()


def _rounds(arena: Arena, names: list[str], rounds: int) -> tuple[Results, list[str]]:
    arena.prepare(arena.events // FAUST_PART, BATCHES[:1])
    arena.prepare(arena.events, BATCHES)
    results: Results = {name: [] for name in names}
    failed: list[str] = []
    for turn in range(rounds):
        for name in names:
            try:
                results[name].append(CONTENDERS[name](arena))
            except (AssertionError, RuntimeError, TimeoutError, ValueError) as error:
                failed.append(f"{name}, round {turn + 1}: {error}")
                print(failed[-1], file=sys.stderr)
            else:
                shown = ", ".join(f"{what} {figure:,.4g}" for what, figure in results[name][-1].items())
                print(f"round {turn + 1}: {name}: {shown}", file=sys.stderr)
    return {name: figures for name, figures in results.items() if figures}, failed


def _show(results: Results, title: str) -> None:
    table = Table("contender", "figure", "median", "min to max", "ratio", title=title)
    limits = [_median(figures, "events/s") for name, figures in results.items() if name.startswith(LIMIT)]
    first = max(limits, default=0.0) or next(
        (_median(f, "events/s") for f in results.values() if "events/s" in f[0]), 0.0
    )
    for name, figures in results.items():
        for what in figures[0]:
            got = [f[what] for f in figures]
            ratio = f"{_median(figures, what) / first:.3f}" if what == "events/s" and first else ""
            table.add_row(name, what, _told(statistics.median(got)), f"{_told(min(got))} to {_told(max(got))}", ratio)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _median(figures: list[Figures], what: str) -> float:
    return statistics.median(f[what] for f in figures)


def _told(figure: float) -> str:
    return f"{figure:,.3f}" if figure < 1 else f"{figure:,.0f}" if figure >= 100 else f"{figure:,.1f}"


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"


if __name__ == "__main__":
    sys.exit(main())
