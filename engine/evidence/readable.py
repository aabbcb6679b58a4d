"""The journal's records as they can be read: profiles are opened with their member's key, if that is still there."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from engine import journal
from engine.batch import Record
from engine.journal import Sealed
from engine.sealing import NOT_GIVEN, Masters, unsealed
from engine.settings import SettingsError
from engine.store.profiles import owner
from engine.store.sql import statement


class Readable(NamedTuple):
    """A slice's records, those whose key was destroyed still sealed; the fingerprints of those that were opened."""

    records: list[Record]
    fingerprints: Mapping[int, bytes]


class Reader:
    """Reads slices; `masters` are needed as soon as a profile is among them."""

    def __init__(self, session: Any, masters: Masters | None) -> None:
        self._session = session
        self._masters = masters

    async def of(self, row: Any) -> Readable:
        """The records of a row of the journal.

        Raises SettingsError without the master key, InvalidTag where what was sealed, or its key, is not as it was.
        """
        records = journal.unpacked(journal.decompressed(row["records"]))
        wanted = {UUID(bytes=r.key_id) for r in records if isinstance(r, Sealed)}
        if not wanted:
            return Readable(records, {})
        found = {key["key_id"].bytes: key for key in await self._session.fetch(statement("member_keys"), list(wanted))}
        prints = {r.offset: r.fingerprint for r in records if isinstance(r, Sealed) and r.key_id in found}
        return Readable([self._opened(r, found) for r in records], prints)

    def _opened(self, record: Record, keys: Mapping[bytes, Any]) -> Record:
        if not isinstance(record, Sealed) or record.key_id not in keys:
            return record
        if self._masters is None:
            raise SettingsError(NOT_GIVEN)
        row = keys[record.key_id]
        return unsealed(record, self._masters.unwrapped(row, owner(row["bank"], row["member_id"])))
