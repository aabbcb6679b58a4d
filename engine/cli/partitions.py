"""`points partition`: which partitions stand where, which are paused and why."""

from typing import Annotated, Any, Literal

import typer

from engine.batch import Lane
from engine.cli.asking import Deed, asked, done
from engine.cli.output import as_json, console, fail, table
from engine.settings import load
from engine.store.lanes import Lanes
from engine.trail import Entry

app = typer.Typer(help="List, resume and mend partitions that were paused.", no_args_is_help=True, add_completion=False)
QUARANTINED_MAX = 100_000
Partition = Annotated[int, typer.Argument(min=0, help="The partition of the topic.")]
Input = Annotated[
    Literal["events", "calendar", "redemptions"],
    typer.Option(help="The input topic, by its last word; `points partition list` shows which."),
]


@app.command("list")
def listed(
    paused: Annotated[bool, typer.Option("--paused", help="Only those that are paused.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List partitions with their positions, pauses and last defects."""
    found = asked(load(), lambda pool: Lanes(pool).listed())
    shown = [row for row in found if row["paused_at"] or not paused]
    if json:
        as_json(shown)
        return
    table("Partitions", ("topic", "partition", "position", "paused at", "because", "last defect"),
          [(r["topic"], r["partition"], r["next"], r["paused_at"], r["paused_reason"], _last_line(r["last_defect"]))
           for r in shown])  # fmt: skip


@app.command()
def resume(partition: Partition, topic: Input = "events") -> None:
    """Let a paused partition go on from where it stands; workers see it within seconds."""
    settings = load()
    lane = Lane(settings.topic(topic), partition, settings.generation)

    async def resumed(session: Any) -> Deed:
        if not await Lanes(session).resume(lane):
            return Deed(answer=False)
        return Deed(True, None, Entry("partition-resumed", f"partition/{lane.topic}:{partition}", None, None))

    if not done(settings, "partition resume", resumed):
        fail(f"partition {partition} of {lane.topic} is not paused")
    console.print(f"partition {partition} of {lane.topic} goes on")


@app.command()
def quarantine(
    partition: Partition,
    offset: Annotated[int, typer.Argument(min=0, help="The record's offset, as `points partition list` names it.")],
    last: Annotated[int | None, typer.Argument(min=0, help="The last one's offset, for a run of records.")] = None,
    topic: Input = "events",
) -> None:
    """Have a record, or a run of them, go to the dead letters when read, and let the partition go on."""
    settings = load()
    through = offset if last is None else last
    if not offset <= through < offset + QUARANTINED_MAX:
        fail(f"the last of at most {QUARANTINED_MAX:,} records from {offset} on cannot be {through}", code=2)

    lane = Lane(settings.topic(topic), partition, settings.generation)

    async def set_aside(session: Any) -> Deed:
        await Lanes(session).quarantine(lane, offset, through)
        await Lanes(session).resume(lane)
        records = {"first": offset, "last": through}
        return Deed(None, None, Entry("records-quarantined", f"partition/{lane.topic}:{partition}", None, records))

    done(settings, "partition quarantine", set_aside)
    which = f"record {offset} of partition {partition} goes"
    if through > offset:
        which = f"records {offset} to {through} of partition {partition} go"
    console.print(f"{which} to the dead letters; the partition goes on")


def _last_line(text: str | None) -> str | None:
    return text.strip().splitlines()[-1] if text else None
