"""`points verify`: the journal is whole, and what it decides, decided again from empty, is what the ledger holds."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import filterfalse
from operator import itemgetter
from typing import Any, Final

from engine.evidence.chain import Attested, Chain, lane_of
from engine.evidence.divergence import Divergence, Row, Table
from engine.evidence.readable import Reader
from engine.evidence.replay import Again, Replay
from engine.evidence.spill import Spill
from engine.evidence.stored import Stored, in_step, table_of
from engine.intake import place
from engine.registry import registry_of
from engine.sealing import Masters
from engine.settings import SettingsError
from engine.store import rows
from engine.store.digests import decided_digest
from engine.store.sql import statement
from engine.trail import TRAIL
from rules.language.load import load
from rules.language.problems import ProgramRefused

MEMBER: Final = Table("member", (*rows.MEMBER, "partition"), itemgetter(0, 1))
BALANCE_DAY: Final = Table(
    "balance_day",
    ("bank", "account", "business_date", "member_id", "product", "currency", "balance_minor", "sequence", "event_key"),
    itemgetter(0, 1, 2),
)
PROGRAM: Final = Table(
    "program_version", ("bank", "from_day", "program", "program_hash", "semantics", "text"), itemgetter(0, 1)
)
SEEN: Final = Table("seen", ("key", "fingerprint"), itemgetter(0))
BUSINESS_DAY: Final = Table(
    "business_day", ("bank", "business_date", "source", "through", "event_key", "reason"), itemgetter(0, 1, 2)
)
DAY_CLOSE: Final = Table("day_close", ("bank", "business_date", "through", "reason"), itemgetter(0, 1))
LAST: Final = 2**63 - 1
KINDS: Final = [table_of(kind) for kind in rows.KINDS]


@dataclass(frozen=True)
class Asked:
    """What is verified: of all banks or of one, from a day of recording on, the chain alone, against attestations.

    Without `masters` no profile can be read, and so nothing decided again if there are any.
    """

    bank: str | None = None
    since: date | None = None
    chain_only: bool = False
    attested: Attested = field(default_factory=dict)
    masters: Masters | None = None
    members_in_memory: int = 20_000


@dataclass
class Verdict:
    """The first divergence, or None; and what was looked at until then."""

    divergence: Divergence | None = None
    slices: int = 0
    events: int = 0
    rows: int = 0
    erased: int = 0
    """Members who were erased: their rows are proved by digests alone."""


Passed = Callable[[int], None]
"""Is told how many slices were passed."""


async def verified(session: Any, partitions: int, asked: Asked | None = None, passed: Passed | None = None) -> Verdict:
    """Verifies the ledger as one snapshot sees it: `session` is in a transaction that reads repeatably.

    Memory holds so many members and one slice; what is beyond that lies in a temporary file.
    """
    asked = asked or Asked()
    wrong = await _programs_wrong(session)
    wrong = wrong or await _trail_wrong(session, asked.attested)
    if wrong is not None:
        return Verdict(wrong)
    begins = await session.fetchrow(statement("journal_since"), asked.since)
    with closing(Spill(asked.members_in_memory)) as known:
        one = _Verification(session, asked, begins["first"])
        if not asked.chain_only:
            one.replay = Replay(await registry_of(session, {}), partitions, known, asked.bank)
        heads = await session.fetch(statement("journal_heads_before"), one.first_read)
        attested = {at: link for at, link in asked.attested.items() if at[0] != TRAIL and at[1] >= one.first_read}
        one.chain = Chain({lane_of(row): (row["next"], row["chain"]) for row in heads}, attested)
        one.verdict.divergence = await one.slices(passed or (lambda _: None)) or await one.ends()
        return one.verdict


class _Verification:
    """One run over the journal."""

    chain: Chain

    def __init__(self, session: Any, asked: Asked, first: int) -> None:
        self.verdict = Verdict()
        self.replay: Replay | None = None
        self._session = session
        self._bank = asked.bank
        self._first = first
        self.first_read = first if asked.chain_only else 0
        self._stored = Stored(session, self.first_read)
        self._reader = Reader(session, asked.masters)

    async def slices(self, passed: Passed) -> Divergence | None:
        """The first slice that is not what it was, or whose rows are not."""
        async for row in self._session.cursor(statement("journal_in_order"), self.first_read):
            found = self.chain.wrong(row) or await self._decided_otherwise(row)
            if found is not None:
                return found if found.journal else found._replace(journal=row["seq"], lane=lane_of(row).label)
            self.verdict.slices += 1
            self.verdict.events += row["events"]
            passed(self.verdict.slices)
        late = await self._stored.of(LAST)
        return next((table.compared(late[table.name], ()) for table in KINDS if late[table.name]), None)

    async def _decided_otherwise(self, row: Any) -> Divergence | None:
        """Decides a slice again; from the first one asked for on its rows are compared."""
        again: Again | None = None
        stored = await self._stored.of(row["seq"])
        if self.replay is not None:
            try:
                again = self.replay.slice(row, await self._reader.of(row), stored["posting"])
            except SettingsError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever a forged slice raises, it is a finding
                return Divergence("journal", f"it cannot be decided again: {error!r}")
            self.verdict.erased = len(self.replay.erased.members)
        if row["seq"] < self._first:
            return None
        self.verdict.rows += sum(map(len, stored.values()))
        found = self._of_no_slice(stored, row["seq"])
        if found is None and again is not None:
            found = self._compared(stored, again, row)
        if found is None and decided_digest(stored) != row["decided"]:
            return Divergence("journal", "its rows in the ledger are not those that it was sealed with")
        return found

    @staticmethod
    def _of_no_slice(stored: dict[str, list[Row]], seq: int) -> Divergence | None:
        early = [(row[-1], table) for table, found in stored.items() for row in found if row[-1] != seq]
        if not early:
            return None
        number, table = min(early)
        return Divergence("journal", f"the slice is not there, and {table} has rows of it", journal=number)

    def _compared(self, stored: dict[str, list[Row]], again: Again, row: Any) -> Divergence | None:
        for table in KINDS:
            have, right = self._comparable(table, stored[table.name]), self._comparable(table, again.added[table.name])
            found = table.compared(sorted(have, key=table.named_by), sorted(right, key=table.named_by))
            if found is not None:
                return found
        if self._bank is not None:
            return None
        if again.versions != row["events"] and (again.whole or again.versions > row["events"]):
            said = {"column": "events", "have": row["events"], "expected": again.versions}
            return Divergence("journal", "not as decided", **said)
        if again.changed not in (None, row["changed"]):
            what = "its members, their balances or what was said to others came to something else"
            return Divergence("journal", what)
        return None

    def _comparable(self, table: Table, found: list[Row]) -> list[Row]:
        """Those of the bank that is asked for, and of members who were not erased."""
        if self.replay is not None:
            found = list(filterfalse(self.replay.erased.has_row(table.columns), found))
        if self._bank is None:
            return found
        at = table.columns.index("bank")
        return [row for row in found if row[at] == self._bank]

    async def ends(self) -> Divergence | None:
        """What stands at the end: lanes, members, balances, events seen, days."""
        found = self.chain.ends_wrong(await self._session.fetch(statement("lane_heads")))
        if found is not None or self.replay is None:
            return found
        replay, known = self.replay, self.replay.known
        members = (_member_row(k.member, replay.partitions) for k in known.members())
        streams: list[tuple[Table, str, Iterator[Row]]] = [
            (MEMBER, "all_members", members),
            (BALANCE_DAY, "all_balance_days", known.balance_days()),
            *([] if self._bank else [(SEEN, "all_seen", known.seen())]),
        ]
        for table, name, decided in streams:
            async for wrong in in_step(table, self._rows(table, name), decided, replay.erased.has_row(table.columns)):
                return wrong
        return (
            replay.erased.wrong()
            or await self._days(BUSINESS_DAY, "all_business_days", replay.business_days)
            or await self._days(DAY_CLOSE, "all_day_closes", replay.day_closes)
        )

    async def _days(self, table: Table, name: str, right: list[Row]) -> Divergence | None:
        have = [row async for row in self._rows(table, name)]
        return table.compared(sorted(have, key=table.named_by), sorted(right, key=table.named_by))

    async def _rows(self, table: Table, name: str) -> AsyncIterator[Row]:
        async for row in self._session.cursor(statement(name)):
            if table is SEEN or self._bank in (None, row["bank"]):
                yield _stored_member(row) if table is MEMBER else tuple(row)


async def _programs_wrong(session: Any) -> Divergence | None:
    """Whether a program is registered as something else than its own text says, or for no bank."""
    banks = {row["bank"] for row in await session.fetch(statement("all_banks"))}
    programs = await session.fetch(statement("registered_programs"))
    without = banks - {row["bank"] for row in programs}
    if without:
        return Divergence("program_version", "the bank has no program", min(without))
    for row in programs:
        label = f"{row['bank']} {row['from_day']}"
        try:
            program = load(row["text"], label)
        except ProgramRefused as error:
            return Divergence("program_version", f"its text does not load: {error}", label)
        right = (program.version, program.name, sha256(row["text"].encode()).digest(), program.semantics, row["text"])
        have = tuple(row[name] for name in PROGRAM.columns)
        if have[1:] != right or row["bank"] not in banks:
            return PROGRAM.compared([have], [(row["bank"], *right)]) or Divergence(
                "program_version", "it is registered for a bank that is not", label
            )
    return None


async def _trail_wrong(session: Any, attested: Attested) -> Divergence | None:
    """Whether an entry of the audit trail that was attested has another link or is not there."""
    links = {number: link for (chain, number), link in attested.items() if chain == TRAIL}
    there = dict(await session.fetch(statement("trail_links"), list(links)))
    for number, link in sorted(links.items()):
        if number not in there:
            return Divergence("audit_trail", "was attested and is not there", str(number))
        if there[number] != link:
            what = f"its link is {there[number].hex()}, attested was {link.hex()}: the chain was rewritten"
            return Divergence("audit_trail", what, str(number))
    return None


def _member_row(member: Any, partitions: int) -> Row:
    return (*rows.told(member), str(place(f"{member.bank}/{member.member_id}".encode(), partitions)))


def _stored_member(row: Any) -> Row:
    """The row as the engine would write it, but for the state, which is the text itself."""
    return (*rows.told(rows.member({**row, "state": "{}"}))[:-1], row["state"], str(row["partition"]))
