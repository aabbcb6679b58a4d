"""Contenders in turns: rounds interleaved, one table of medians with their spread and ratios."""

import os
import platform
import statistics
import sys
from collections.abc import Callable, Mapping

from rich.console import Console
from rich.table import Table

Figures = dict[str, float]
Results = dict[str, list[Figures]]


def rounds(turns: Mapping[str, Callable[[], Figures]], count: int) -> tuple[Results, list[str]]:
    """Each contender's figures of each round, and what failed or wrote another ledger than it should."""
    results: Results = {name: [] for name in turns}
    failed: list[str] = []
    for turn in range(count):
        for name, run in turns.items():
            try:
                results[name].append(run())
            except (AssertionError, RuntimeError, TimeoutError, ValueError) as error:
                failed.append(f"{name}, round {turn + 1}: {error}")
                print(failed[-1], file=sys.stderr)
            else:
                shown = ", ".join(f"{what} {figure:,.4g}" for what, figure in results[name][-1].items())
                print(f"round {turn + 1}: {name}: {shown}", file=sys.stderr)
    return {name: figures for name, figures in results.items() if figures}, failed


def show(results: Results, title: str, limits: Mapping[str, str]) -> None:
    """Prints the table. `limits` names, of a figure, how the contenders begin whose best median is its ratio's 1."""
    table = Table("contender", "figure", "median", "min to max", "ratio", title=title)
    firsts = {what: _limit(results, what, begins) for what, begins in limits.items()}
    for name, figures in results.items():
        for what in figures[0]:
            got = [f[what] for f in figures]
            ratio = f"{statistics.median(got) / firsts[what]:.3f}" if firsts.get(what) else ""
            table.add_row(name, what, told(statistics.median(got)), f"{told(min(got))} to {told(max(got))}", ratio)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def _limit(results: Results, what: str, begins: str) -> float:
    medians = {n: statistics.median(f[what] for f in figures) for n, figures in results.items() if what in figures[0]}
    return max((m for n, m in medians.items() if n.startswith(begins)), default=0.0) or next(
        iter(medians.values()), 0.0
    )


def told(figure: float) -> str:
    return f"{figure:,.3f}" if figure < 1 else f"{figure:,.0f}" if figure >= 100 else f"{figure:,.1f}"


def machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
