"""`python -m tests.bench`: every contender on the same servers, rounds interleaved, one table, a file of figures."""

import argparse
import json
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

from engine.garbage import collect_seldom
from tests.bench.contenders import BATCHES, CONTENDERS, FAUST_PART, FULL_TABLES, Arena
from tests.bench.ground import ground
from tests.bench.profile import profiled
from tests.bench.turns import machine, rounds, show

EVENTS: Final = 60_000
ROUNDS: Final = 3


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
        arena.prepare(arena.events // FAUST_PART, BATCHES[:1])
        arena.prepare(arena.events, BATCHES)
        results, failed = rounds({name: partial(CONTENDERS[name], arena) for name in names}, asked.rounds)
    report = {
        "machine": machine(),
        "events": asked.events,
        "rounds": asked.rounds,
        "figures": results,
        "failed": failed,
    }
    asked.json.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    show(results, f"{asked.events} events, {asked.rounds} rounds, {machine()}", {"events/s": "PostgreSQL alone"})
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


if __name__ == "__main__":
    sys.exit(main())
