"""Why an event came to what it came to: one member's journal decided again until there."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any, Final, NamedTuple
from uuid import UUID
from zlib import crc32

import orjson

from engine.batch import Slice
from engine.deciding import Claimed, MemberKey
from engine.evidence.chain import lane_of
from engine.evidence.readable import Readable, Reader
from engine.evidence.replay import Replay
from engine.evidence.spill import Known, Spill
from engine.intake import Intake, place
from engine.journal import Sealed
from engine.registry import Registry
from engine.sealing import Masters
from engine.settings import Settings
from engine.store.commands import LANES
from engine.store.sql import statement
from rules.decision import Decision
from rules.member import Member

MEMBERS: Final = 1


class WasErased(Exception):
    """A member's profile cannot be read any more, nor so what was decided by it."""


class Found(NamedTuple):
    """What was decided, on which member, and under which number of the journal."""

    intake: Intake
    before: Member
    decision: Decision
    seq: int


class Trace(Replay):
    """Decides again what concerns one member, until the event with an id or the one that caused a posting.

    Of the budgets of a slice it knows what there was at its beginning, not what other members took of them before.
    """

    def __init__(self, registry: Registry, partitions: int, known: Spill, of: MemberKey, wanted: str) -> None:
        super().__init__(registry, partitions, known, of[0])
        self.found: Found | None = None
        self._of = of
        self._wanted = wanted
        self._posting = _uuid(wanted)
        self._deciding: tuple[Intake, Member, int] | None = None

    def read(self, row: Any, readable: Readable) -> None:
        """Decides what a slice of the journal has of the member."""
        self._seq, self._fingerprints = row["seq"], readable.fingerprints
        context: dict[str, Any] = orjson.loads(row["context"])
        own = [r for r in readable.records if not isinstance(r, Sealed) or r.key == "/".join(self._of).encode()]
        self._result(self._claimed(Slice(lane_of(row), row["asked"], row["next"], own), context), context)

    def _claimed(self, one: Slice, context: Mapping[str, Any]) -> Claimed:
        claimed = super()._claimed(one, context)
        return claimed._replace(intakes=[i for i in claimed.intakes if (i.bank, i.event.subject) == self._of])

    def _due(self, one: Slice, marker: Intake, ids: list[str]) -> list[Intake]:
        return super()._due(one, marker, [id_ for id_ in ids if (marker.bank, id_) == self._of])

    def _member(self, known: Known, intake: Intake, claimed: Claimed) -> Member:
        member = super()._member(known, intake, claimed)
        self._deciding = intake, member, self._seq
        return member

    def _settle(self, known: Known, decision: Decision) -> None:
        if self._deciding is not None and self.found is None:
            intake, before, seq = self._deciding
            if intake.event.id == self._wanted or any(p.posting_id == self._posting for p in decision.postings):
                self.found = Found(intake, before, decision, seq)
        super()._settle(known, decision)


def _uuid(text: str) -> bytes | None:
    try:
        return UUID(text).bytes
    except ValueError:
        return None


async def traced(session: Any, registry: Registry, settings: Settings, of: MemberKey, wanted: str) -> Found | None:
    """What the event or the posting named by `wanted` was decided as; None where the member has none.

    Raises WasErased where the member was erased before it came to that. Bounds: `session` is in a transaction.
    """
    key = "/".join(of).encode()
    events = settings.topic("events"), place(key, settings.partitions)
    commands = settings.topic("api"), crc32(key) % LANES
    reader = Reader(session, Masters.of(settings) if settings.profile_key else None)
    with closing(Spill(MEMBERS)) as known:
        trace = Trace(registry, settings.partitions, known, of, wanted)
        async for row in session.cursor(statement("journal_of_member"), *events, *commands):
            trace.read(row, await reader.of(row))
            if trace.found is not None:
                return trace.found
    if trace.erased.members:
        raise WasErased(
            f"{'/'.join(of)} was erased: the postings stand in the ledger, what decided them can no longer be read"
        )
    return None
