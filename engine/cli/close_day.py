"""`points close-day`: an operator closes a business day, and sees how far its close has come."""

import asyncio
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from engine.cli.days import METAVAR, day
from engine.cli.output import console, errors

if TYPE_CHECKING:
    from engine.settings import Settings
    from engine.stream.announce import Standing
    from schemas.events.calendar import DayClose

LOOK_S = 0.5


def close_day(
    bank: Annotated[str, typer.Argument(help="The bank whose business day ends.")],
    business_date: Annotated[date, typer.Argument(parser=day, help="The business day.")],
    through: Annotated[
        date | None, typer.Option(parser=day, metavar=METAVAR, help="The last calendar day it closes.")
    ] = None,
    force: Annotated[
        str | None, typer.Option(metavar="REASON", help="Close though sources have not announced the day; why is kept.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Only wait until the day is closed everywhere.")] = False,
) -> None:
    """Close a bank's business day. Days close by themselves when every source that announces has announced them.

    By hand where no source announces; with --force without those that have not.
    """
    from engine.settings import load
    from schemas.events.calendar import DayClose

    if through and through < business_date:
        raise typer.BadParameter(f"--through {through} lies before {business_date}, which closes itself at least")
    days = DayClose(business_date=business_date, through=through or business_date, reason=force)
    found = asyncio.run((_watched if watch else _ordered)(load(), bank, days))
    console.print(f"{bank} {business_date} through {days.through}: {_told(found)}", soft_wrap=True)


async def _ordered(settings: "Settings", bank: str, days: "DayClose") -> "Standing":
    from engine.cli.asking import typing_of
    from engine.stream.announce import Calendar

    async with Calendar.opened(settings, bank) as calendar:
        await calendar.close(days, typing_of("close-day"))
        return await calendar.standing(days.through)


async def _watched(settings: "Settings", bank: str, days: "DayClose") -> "Standing":
    from engine.stream.announce import Calendar

    async with Calendar.opened(settings, bank) as calendar:
        while (found := await calendar.standing(days.through)).partitions < settings.partitions:
            errors.print(f"{days.business_date}: {_told(found)}", end="\r", soft_wrap=True)
            await asyncio.sleep(LOOK_S)
    return found


def _told(found: "Standing") -> str:
    return f"{found.partitions} partitions closed, {found.members:,} members decided, {found.due:,} due"
