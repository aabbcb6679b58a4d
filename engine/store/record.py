"""What a batch decided is written: each kind of row to its table by one statement, the journal last but the lanes."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

import orjson

from engine import journal, messages
from engine.batch import Record
from engine.deciding import Claimed, DecidedSlice, MemberKey
from engine.intake import Unusable, place
from engine.markers import markers
from engine.store import digests, outbox, rows
from engine.store.ledger import Transaction
from engine.uploads import passed_on
from rules.member import Member
from schemas.events import DayMarker


class Recorded:
    """What was said in a batch, in order, and how many rows there were."""

    def __init__(self) -> None:
        self.said: list[messages.Said] = []
        self.events = 0
        self.closed = 0
        """Members decided at a day's close."""
        self.postings = 0
        self.dead_letters: dict[str, int] = {}
        self.unfinished = False
        """Whether a marker was not passed yet: more members are due."""

    def add(self, other: "Recorded") -> None:
        """Counts another transaction's rows too; what that said is not kept."""
        self.events += other.events
        self.closed += other.closed
        self.postings += other.postings
        for reason, count in other.dead_letters.items():
            self.dead_letters[reason] = self.dead_letters.get(reason, 0) + count


async def record(
    transaction: Transaction, slices: Sequence[DecidedSlice], loaded: set[MemberKey], members: dict[MemberKey, Member],
    partitions: int,
) -> Recorded:  # fmt: skip
    """Writes all that was decided and moves the lanes on. `loaded` are the members that had a row before."""
    seqs = await transaction.draw(len(slices))
    done = Recorded()
    added = [digests.added(one.decisions, seq) for one, seq in zip(slices, seqs, strict=True)]
    await _decisions(transaction, slices, added, done)
    await _balances(transaction, slices, seqs)
    state = await _members(transaction, slices, loaded, members, partitions)
    done.unfinished = not all(one.claimed.passes for one in slices)
    kept = await transaction.profiles.kept(transaction, slices)
    changed = [digests.changed_digest(one, said_by(one, done, partitions), state) for one in slices]
    sealed = [(digests.decided_digest(rows_added), what) for rows_added, what in zip(added, changed, strict=True)]
    links = [_link(*of) for of in zip(slices, seqs, kept.records, sealed, strict=True)]
    await transaction.copy("journal", rows.JOURNAL, links)
    await transaction.copy("dead_letter", rows.DEAD_LETTER, [_filed(u, s) for s in slices for u in s.claimed.unusable])
    await transaction.profiles.clear(transaction, kept.erased)
    if done.said:
        await transaction.copy("outbox", rows.OUTBOX, [outbox.row(seqs[0], done.said)])
    await _leases(transaction, slices)
    await _progress(transaction, slices)
    await _move(transaction, slices, [link[-1] for link in links])
    return done


async def _decisions(
    transaction: Transaction, slices: Sequence[DecidedSlice], added: Sequence[digests.Added], done: Recorded
) -> None:
    done.events = sum(len(one.decisions) for one in slices if one.claimed.marker is None)
    done.closed = sum(len(one.decisions) for one in slices) - done.events
    for kind in rows.KINDS:
        await transaction.copy(kind.table, kind.columns, [row for one in added for row in one[kind.table]])
    done.postings = sum(len(one["posting"]) for one in added)


async def _balances(transaction: Transaction, slices: Sequence[DecidedSlice], seqs: Sequence[int]) -> None:
    told = zip(slices, seqs, strict=True)
    balances = [(seq, b) for one, seq in told for _, d in one.decisions for b in d.balance_days]
    if balances:
        await transaction.run("keep_balance_days", *rows.balance_days(balances))


async def _members(
    transaction: Transaction, slices: Sequence[DecidedSlice], loaded: set[MemberKey], members: dict[MemberKey, Member],
    partitions: int,
) -> dict[MemberKey, bytes]:  # fmt: skip
    """Writes the members that changed; answers what of each goes into the digest."""
    touched = sorted({(i.bank, i.event.subject) for s in slices for i, _ in s.decisions})
    state: dict[MemberKey, bytes] = {}
    for name, keys in (
        ("change_members", [k for k in touched if k in loaded]),
        ("add_members", [k for k in touched if k not in loaded]),
    ):
        if keys:
            columns, told = rows.members([members[k] for k in keys])
            if name == "add_members":
                columns.append(rows.joined(str(place(f"{bank}/{id_}".encode(), partitions)) for bank, id_ in keys))
            await transaction.run(name, *columns)
            state |= zip(keys, told, strict=True)
    return state


def said_by(one: DecidedSlice, done: Recorded, partitions: int) -> list[messages.Said]:
    """What a slice says of its decisions; that, and its dead letters, are added to `done`."""
    told, unusable = said(one, partitions), one.claimed.unusable
    done.said += told
    done.said += [messages.dead_letter(u, one.claimed.slice.lane, _digest_of(u)) for u in unusable]
    for u in unusable:
        done.dead_letters[u.reason] = done.dead_letters.get(u.reason, 0) + 1
    return told


def _link(one: DecidedSlice, seq: int, records: Sequence[Record], came_to: tuple[bytes, bytes]) -> tuple[Any, ...]:
    """The journal's row of a slice; `records` as they are kept, `came_to` the digests of rows added and of changes."""
    c = one.claimed
    kept, context = journal.packed(records), _context(one)
    decided, changed = came_to
    own = journal.slice_digest(kept, context, decided, changed)
    link = journal.link(c.chain, c.slice.lane, (seq, c.slice.asked, c.slice.next, one.versions), own)
    place = seq, *c.slice.lane, c.slice.asked, c.slice.next, one.versions
    return (*place, journal.compressed(kept), context, decided, changed, own, link)


def said(one: DecidedSlice, partitions: int) -> list[messages.Said]:
    """What a slice's decisions say, the markers of the days that close by it, the commands that it becomes."""
    told = [m for d in one.decisions for m in messages.said(d, one.claimed.slice.lane, partitions)]
    told += [m for closing in one.claimed.closes for m in markers(closing, partitions)]
    return told + [passed_on(upload, partitions) for upload in one.claimed.uploads]


def _context(one: DecidedSlice) -> str:
    """What the slice was decided with beside its records: versions known, budget room, days closed, stops, members.

    Of records that could not be used it says why, and which of them used up their ids all the same; on the calendar
    which days closed: what is registered may change, and dead letters may be pruned.
    """
    told: dict[str, Any] = {
        "programs": one.claimed.known,
        "budgets": [[*budget, room] for budget, room in sorted(one.room_before.items())],
        "closed": one.claimed.closed,
        "stops": {bank: sorted(stops) for bank, stops in one.claimed.stops.items()},
        "members": [d.member.member_id for _, d in one.decisions] if one.claimed.marker else [],
        "unusable": [[u.record.offset, u.reason] for u in one.claimed.unusable],
        "remembered": [u.record.offset for u in one.claimed.unusable if u.remembered],
        "closes": [closing[:4] for closing in one.claimed.closes],
    }
    return orjson.dumps({name: value for name, value in told.items() if value}).decode()


def _digest_of(one: Unusable) -> bytes:
    return sha256(one.record.value or b"").digest()


def _filed(one: Unusable, decided: DecidedSlice) -> tuple[Any, ...]:
    r = one.record
    shown = messages.shown(r)
    headers = orjson.dumps([[n, v.hex()] for n, v in shown.headers]).decode()
    lane = decided.claimed.slice.lane
    return (*lane, r.offset, r.timestamp_ms, one.reason, one.detail, shown.key, shown.value, headers, _digest_of(one))


async def _leases(transaction: Transaction, slices: Sequence[DecidedSlice]) -> None:
    left = [(*budget, *s.claimed.slice.lane, room) for s in slices for budget, room in s.room_after.items()]
    if left:
        await transaction.run("keep_leases", *(list(column) for column in zip(*left, strict=True)))


async def _progress(transaction: Transaction, slices: Sequence[DecidedSlice]) -> None:
    for one in slices:
        marker = one.claimed.marker
        if marker is not None and isinstance(marker.event, DayMarker):
            days, lane = marker.event.data, one.claimed.slice.lane
            chunk = marker.bank, *lane, days.business_date, days.through, len(one.decisions), one.claimed.passes
            await transaction.run("keep_progress", *chunk)


async def _move(transaction: Transaction, slices: Sequence[DecidedSlice], links: Iterable[bytes]) -> None:
    """The compare-and-set that ends the batch: every lane must still stand where it was claimed."""
    told = [
        (*s.claimed.slice.lane, s.claimed.slice.asked, s.claimed.slice.next, link, unusable_in_a_row(s.claimed)[0],
         orjson.dumps(s.claimed.closed).decode() if s.claimed.marker and s.claimed.passes else None)
        for s, link in zip(slices, links, strict=True)
    ]  # fmt: skip
    tag = await transaction.run("move_lanes", *(list(column) for column in zip(*told, strict=True)))
    if tag != f"UPDATE {len(told)}":
        raise AssertionError(f"claimed {len(told)} lanes, but the ledger says {tag}")


def unusable_in_a_row(c: Claimed) -> tuple[int, int]:
    """How many unusable records the slice ends with, and the longest run; both count on from the slice before.

    What an operator set aside does not count: that is how a lane paused by a flood gets past it.
    """
    bad = {u.record.offset for u in c.unusable if u.reason != "quarantined"}
    if not bad:
        return (0 if c.slice.records else c.unusable_in_a_row), 0
    run, longest = c.unusable_in_a_row, 0
    for r in c.slice.records:
        run = run + 1 if r.offset in bad else 0
        longest = max(longest, run)
    return run, longest
