"""`points backtest`: what a bank's history would have come to by a candidate program."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.asking import asked
from engine.cli.days import METAVAR, day
from engine.cli.output import as_json, console, fail, table
from engine.cli.verify import shown

if TYPE_CHECKING:
    from engine.evidence.backtest import Asked
    from engine.settings import Settings
    from schemas.api.programs import Backtest


def backtest(
    bank: Annotated[str, typer.Argument(help="The bank.")],
    program: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The candidate, a program file.")],
    since: Annotated[
        date, typer.Option(parser=day, metavar=METAVAR, help="As if it had been in force since this day.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a bank's whole history through a candidate and compare: rules, points, tiers, grants. It changes nothing.

    Of a program that was uploaded it is kept, so that whoever decides on the program sees it.
    """
    from engine.evidence.backtest import Asked, BacktestRefused
    from engine.sealing import Masters
    from engine.settings import load
    from rules.language.load import load as loaded

    settings = load()
    masters = Masters.of(settings) if settings.profile_key else None
    candidate = loaded(program.read_text(encoding="utf-8"), program.name)
    wanted = Asked(bank, candidate, since, masters=masters)
    try:
        report = asked(settings, lambda pool: _backtested(pool, settings, wanted))
    except BacktestRefused as error:
        fail(str(error))
    if json:
        as_json(report.model_dump(mode="json", exclude_none=True))
    else:
        _draw(report)


async def _backtested(pool: Any, settings: "Settings", wanted: "Asked") -> "Backtest":
    from engine.candidates import keep_backtest as keep
    from engine.evidence.backtest import backtested

    async with pool.acquire() as session, session.transaction(isolation="repeatable_read", readonly=True):
        await session.execute("set local idle_in_transaction_session_timeout = 0")
        slices = await session.fetchval("select count(*) from journal")
        with shown(slices) as passed:
            report = await backtested(session, settings.partitions, wanted, passed)
    await keep(pool, wanted.bank, report)
    return report


def _draw(report: "Backtest") -> None:
    console.print(
        f"{report.members:,} members, {report.events:,} events since {report.since}; "
        f"closed through {report.through}: {report.closed_days} days"
    )
    table("Points by rule, since that day", ("rule", "points", "now", "candidate", "cut now", "cut by candidate"),
          [(r.rule, r.point_type, r.now.points, r.candidate.points, r.now.cut, r.candidate.cut)
           for r in report.rules])  # fmt: skip
    table("What members have", ("points", "now", "candidate", "gain", "gained", "lose", "lost"),
          [tuple(one.model_dump().values()) for one in report.points])  # fmt: skip
    _draw_tiers(report)
    table("Grants, since that day", ("network", "benefit", "now", "units", "candidate", "units"),
          [(g.network, g.benefit, g.now.grants, g.now.units, g.candidate.grants, g.candidate.units)
           for g in report.grants])  # fmt: skip
    table("Refusals", ("reason", "now", "candidate"), [(r.reason, r.now, r.candidate) for r in report.refusals])
    table("Who gains most, who loses most", ("member", "points", "now", "candidate"),
          [tuple(one.model_dump().values()) for one in (*report.most_gained, *report.most_lost)])  # fmt: skip


def _draw_tiers(report: "Backtest") -> None:
    """The matrix: who stands in a row's tier now would stand in a column's."""
    names = sorted({name or "" for one in report.tiers for name in (one.now, one.candidate)})
    members = {(one.now or "", one.candidate or ""): one.members for one in report.tiers}
    table("Tiers now, and by the candidate", ("now", *(name or "none" for name in names)),
          [(now or "none", *(members.get((now, then), 0) for then in names)) for now in names])  # fmt: skip
