"""Members' profiles in what is kept: sealed as the journal takes them, and gone when their member is erased.

A member's key is made with its first record that tells a profile and destroyed with its erasure, each in the
transaction of the decision. What is erased in the same transaction is sealed under a key that nobody ever kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from engine.batch import Record
from engine.deciding import Claimed, DecidedSlice, MemberKey
from engine.intake import Intake
from engine.journal import Withheld
from engine.sealing import NOT_GIVEN, Key, Masters, fingerprint, sealed
from engine.settings import SettingsError
from engine.store.sql import statement
from schemas.decode import decode
from schemas.events import AnyEvent, EventForwarded, MemberEnrolled, MemberErased, MemberUpdated

if TYPE_CHECKING:
    from engine.store.ledger import Transaction

_MAY_TELL: Final = frozenset({MemberEnrolled, MemberUpdated, EventForwarded})
_CONCERNS: Final = _MAY_TELL | {MemberErased}
OF_FINGERPRINTS: Final = b"fingerprints"
"""Who owns the key that fingerprints are made with."""


def tells(event: AnyEvent) -> bool:
    """Whether the event carries a profile, its own or inside."""
    return type(event) in _MAY_TELL and (type(event) is not EventForwarded or '"member.' in event.data.event)


def owner(bank: str, member_id: str) -> bytes:
    """Whose key it is, as on every topic."""
    return f"{bank}/{member_id}".encode()


class Kept(NamedTuple):
    """Of each slice the records as the journal takes them; whose profiles are gone with this transaction."""

    records: Sequence[Sequence[Record]]
    erased: Sequence[MemberKey]


class Profiles:
    """What a process does with profiles; without master keys it handles events that tell none."""

    def __init__(self, pool: "asyncpg.Pool[Any]", masters: Masters | None) -> None:
        self._pool = pool
        self._masters = masters
        self._fingerprints: Key | None = None

    @property
    def masters(self) -> Masters:
        if self._masters is None:
            raise SettingsError(NOT_GIVEN)
        return self._masters

    async def fingerprinted(self, claimed: Iterable[Claimed]) -> list[Claimed]:
        """The same; a fingerprint of an event that tells a profile is made with a key: profiles can be guessed."""
        return [await self._fingerprinted(c) if _concerned(_MAY_TELL, c.intakes) else c for c in claimed]

    async def _fingerprinted(self, c: Claimed) -> Claimed:
        key = self._fingerprints = self._fingerprints or await self._of_fingerprints()
        made = [
            i._replace(fingerprint=fingerprint(key.secret, i.fingerprint)) if tells(i.event) else i for i in c.intakes
        ]
        return c._replace(intakes=made)

    async def _of_fingerprints(self) -> Key:
        """One for ever. It is made in a transaction of its own, for this process remembers it whatever rolls back."""
        new = Key.new()
        wrapped = self.masters.current.wrapped(new, OF_FINGERPRINTS)
        row = UUID(bytes=new.key_id), wrapped, self.masters.current.name
        await self._pool.execute(statement("add_fingerprint_key"), *row)
        return self.masters.unwrapped(await self._pool.fetchrow(statement("fingerprint_key")), OF_FINGERPRINTS)

    async def kept(self, transaction: "Transaction", slices: Sequence[DecidedSlice]) -> Kept:
        """The records as they are kept. Keys of members who are erased here go, those that are missing are made."""
        if not any(_concerned(_CONCERNS, [d.event for d in one.decisions]) for one in slices):
            return Kept([_without_the_undecided(one.claimed, {}) for one in slices], ())
        erased, lasting, passing = _sorted(slices)
        if erased:
            await transaction.run("remove_member_keys", *_columns(erased))
        keys = await self._keys(transaction, lasting) if lasting else {}
        forms = {i.key: sealed(i.record, keys[_member(i)], i.key, i.fingerprint) for i in lasting}
        forms |= {i.key: sealed(i.record, Key.new(), i.key, i.fingerprint) for i in passing}
        return Kept([_without_the_undecided(one.claimed, _at(one, forms)) for one in slices], erased)

    async def clear(self, transaction: "Transaction", erased: Sequence[MemberKey]) -> None:
        """What members who are erased chose goes with them, and what their dead letters hold.

        `erasures` goes on from here: it clears those under other keys that name them.
        """
        if erased:
            await transaction.run("forget_choices", *_columns(erased))
            await transaction.run("clear_dead_letters", *_columns(erased))
            await transaction.run("add_erasures", *_columns(erased))

    async def _keys(self, transaction: "Transaction", telling: Sequence[Intake]) -> dict[MemberKey, Key]:
        members = sorted({_member(i) for i in telling})
        new = [Key.new() for _ in members]
        master = self.masters.current
        wrapped = [master.wrapped(key, owner(*member)) for key, member in zip(new, members, strict=True)]
        found = await transaction.session.fetch(
            statement("keep_member_keys"), *_columns(members), [UUID(bytes=key.key_id) for key in new], wrapped,
            master.name,
        )  # fmt: skip
        whose = [((row["bank"], row["member_id"]), row) for row in found]
        return {member: self.masters.unwrapped(row, owner(*member)) for member, row in whose}


def _concerned(types: frozenset[type], intakes: Sequence[Intake]) -> bool:
    return not types.isdisjoint([type(i.event) for i in intakes])


def _member(intake: Intake) -> MemberKey:
    return intake.bank, intake.event.subject


def _columns(members: Iterable[MemberKey]) -> tuple[list[str], list[str]]:
    banks, ids = zip(*members, strict=True)
    return list(banks), list(ids)


def _sorted(slices: Sequence[DecidedSlice]) -> tuple[list[MemberKey], list[Intake], list[Intake]]:
    """Who is erased; what tells profiles that stay; what tells those that go with an erasure behind it.

    All events of a member in one transaction are in one slice.
    """
    erased: set[MemberKey] = set()
    lasting: list[Intake] = []
    passing: list[Intake] = []
    for one in slices:
        for intake, decision in reversed(one.decisions):
            if type(intake.event) is MemberErased and decision.refusal is None:
                erased.add(_member(intake))
            elif tells(intake.event):
                (passing if _member(intake) in erased else lasting).append(intake)
    return sorted(erased), lasting, passing


def _at(one: DecidedSlice, forms: Mapping[bytes, Record]) -> dict[int, Record]:
    return {i.record.offset: forms[i.key] for i, _ in one.decisions if i.key in forms}


def _without_the_undecided(c: Claimed, forms: Mapping[int, Record]) -> Sequence[Record]:
    """The slice's records in the forms given; of what could not be used, or repeats a profile, the place alone."""
    aside = {u.record.offset for u in c.unusable if not u.remembered}.union(c.repeated)
    if not aside and not forms:
        return c.slice.records
    return [
        Withheld(r.offset, r.timestamp_ms, None, None, ()) if r.offset in aside else forms.get(r.offset, r)
        for r in c.slice.records
    ]


def is_repeat(intake: Intake, known: bytes) -> bool:
    """Whether the event was seen with this fingerprint when those of profiles were not made with a key yet."""
    return tells(intake.event) and decode(intake.record.value, intake.record.headers).fingerprint == known
