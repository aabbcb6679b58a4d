"""A bank's stops: written at once, and read again by every process before it decides anything."""

from typing import Any, NamedTuple, get_args

from engine.registry import registry_of
from engine.store.sql import statement
from engine.trail import Entry
from rules.spending.stops import Kind


class What(NamedTuple):
    """What is stopped; everything has no name."""

    kind: Kind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}" if self.name else self.kind

    @property
    def subject(self) -> str:
        """As the audit trail names it."""
        return f"stop/{self}"


def meant(said: str) -> What:
    """What `everything`, `network/…`, `merchant/…` or `benefit/…` names; ValueError where it has another form."""
    word, _, name = said.partition("/")
    kind = next((one for one in get_args(Kind) if one == word), None)
    if kind is None or (kind == "everything") != (name == ""):
        raise ValueError(f"{said!r}: expected everything, or network/NAME, merchant/NAME or benefit/NAME")
    return What(kind, name)


async def known(session: Any, bank: str, kind: Kind) -> set[str]:
    """The names that can be stopped; a slip of the pen must not leave open what somebody believes to be stopped."""
    programs = (await registry_of(session, {})).programs.get(bank)
    benefits = [one for version in programs.versions for one in version.benefits] if programs else []
    if kind == "everything":
        return {""} if programs else set()
    if kind == "benefit":
        return {one.id for one in benefits}
    found = {row[kind] for row in await session.fetch(statement("list_merchants"), bank)}
    return found | {one.network for one in benefits} if kind == "network" else found


async def stop(session: Any, bank: str, what: What, person: str, reason: str) -> Entry | None:
    """Stops it, in the session's transaction; None where it was stopped before."""
    if await session.fetchval(statement("add_stop"), bank, *what, person, reason) is None:
        return None
    await session.execute(statement("raise_revision"))
    return Entry("redemptions-stopped", what.subject, None, {"reason": reason, "by": person})


async def resume(session: Any, bank: str, what: What, person: str) -> Entry | None:
    """Resumes it, in the session's transaction; None where it is not stopped."""
    row = await session.fetchrow(statement("end_stop"), bank, *what, person)
    if row is None:
        return None
    await session.execute(statement("raise_revision"))
    before = {"stopped_at": row["stopped_at"], "by": row["stopped_by"], "reason": row["reason"]}
    return Entry("redemptions-resumed", what.subject, before, {"by": person})


async def in_force(session: Any, bank: str, what: What) -> Any:
    """The stop of it that is in force; None where it is not stopped."""
    found = await session.fetch(statement("list_stops"), bank, False)  # noqa: FBT003  # the statement's own parameter
    return next((row for row in found if (row["kind"], row["name"]) == what), None)
